"""The organization's trail, and an alarm on what a service control policy denies anywhere in it."""

from __future__ import annotations

from typing import Any

from foulweather.drilling.documents import document, trust
from foulweather.drilling.lab import Lab

BUCKET, GROUP, ALARM = "org-audit-trail", "org-trail", "denied-by-scp"
DENIED = '{ ($.errorCode = "AccessDenied*") && ($.errorMessage = "*service control policy*") }'


def watch(lab: Lab) -> None:
    """Every account's calls, in every region, into a bucket and a log group."""
    service = {"Service": "cloudtrail.amazonaws.com"}
    arn = f"arn:aws:s3:::{BUCKET}"
    may: list[dict[str, Any]] = [
        {"Action": "s3:GetBucketAcl", "Resource": arn},
        {"Action": "s3:PutObject", "Resource": f"{arn}/AWSLogs/*"},
    ]
    s3 = lab.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_policy(
        Bucket=BUCKET, Policy=document(*({"Effect": "Allow", "Principal": service, **each} for each in may))
    )
    iam, logs = lab.client("iam"), lab.client("logs")
    logs.create_log_group(logGroupName=GROUP)
    role = iam.create_role(RoleName="trail-to-logs", AssumeRolePolicyDocument=trust("cloudtrail.amazonaws.com"))[
        "Role"
    ]["Arn"]
    write = {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"}
    iam.put_role_policy(RoleName="trail-to-logs", PolicyName="logs", PolicyDocument=document(write))
    lab.client("organizations").enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    trail = lab.client("cloudtrail")
    trail.create_trail(
        Name="organization",
        S3BucketName=BUCKET,
        IsMultiRegionTrail=True,
        IsOrganizationTrail=True,
        CloudWatchLogsLogGroupArn=f"arn:aws:logs:{lab.region}:{lab.account}:log-group:{GROUP}:*",
        CloudWatchLogsRoleArn=role,
    )
    trail.start_logging(Name="organization")
    logs.put_metric_filter(
        logGroupName=GROUP,
        filterName=ALARM,
        filterPattern=DENIED,
        metricTransformations=[{"metricName": "DeniedByScp", "metricNamespace": "Organization", "metricValue": "1"}],
    )
    lab.client("cloudwatch").put_metric_alarm(
        AlarmName=ALARM,
        Namespace="Organization",
        MetricName="DeniedByScp",
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )
