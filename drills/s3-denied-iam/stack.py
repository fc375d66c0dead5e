"""A portal that uploads documents, a job that reads them, and one role for both."""

from __future__ import annotations

from typing import Any

from foulweather.drilling.lab import Lab
from foulweather.drilling.load.storage import Host, Reader, Uploader

BUCKET, OTHER = "app-bucket", "payroll"
ARN = f"arn:aws:s3:::{BUCKET}"


def may_list() -> dict[str, Any]:
    """Lets a role see what is in the bucket."""
    return {"Sid": "List", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": ARN}


def may_use_objects() -> dict[str, Any]:
    """Lets a role read and write the bucket's objects."""
    return {
        "Sid": "Objects",
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": f"{ARN}/*",
    }


def build(lab: Lab) -> None:
    """Two buckets, a role, two programs."""
    s3 = lab.client("s3")
    for bucket in (BUCKET, OTHER):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_metrics_configuration(Bucket=BUCKET, Id="all", MetricsConfiguration={"Id": "all"})
    lab.client("cloudwatch").put_metric_alarm(
        AlarmName=f"{BUCKET}-4xx",
        Namespace="AWS/S3",
        MetricName="4xxErrors",
        Dimensions=[{"Name": "BucketName", "Value": BUCKET}, {"Name": "FilterId", "Value": "all"}],
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=0.0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )
    s3.put_object(Bucket=OTHER, Key="2026/march.csv", Body=b"name,salary\n")
    host = Host.made(lab, "app-role", may_list(), may_use_objects())
    lab.notes["host"] = host
    lab.add(Uploader(lab, "portal", bucket=BUCKET, prefix="documents/", host=host))
    lab.add(Reader(lab, "invoices", bucket=BUCKET, prefix="documents/", host=host))
