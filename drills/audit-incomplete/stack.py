"""Records in a bucket, who writes and who reads them, a busy bucket beside it, and the trail of an audit."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from foulweather.drilling.documents import document
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.storage import Host, Reader, Uploader

RECORDS, LOGS, BUSY, TRAIL = "patient-records", "audit-bucket", "thumbnails", "audit"
SERVICE = {"Service": "cloudtrail.amazonaws.com"}
SELECTED = [
    {
        "ReadWriteType": "All",
        "IncludeManagementEvents": True,
        "DataResources": [{"Type": "AWS::S3::Object", "Values": [f"arn:aws:s3:::{RECORDS}/"]}],
    }
]


class Seen(NamedTuple):
    """An event in a log file."""

    name: str
    bucket: str
    key: str


class Practices(Uploader):
    """Writes records."""

    PAST_MS = 60 * MINUTE_MS


class Doctors(Reader):
    """Reads them."""

    PAST_MS = 60 * MINUTE_MS


class Pictures(Uploader):
    """Writes where nobody audits."""

    PAST_MS = 60 * MINUTE_MS


def trail_arn(lab: Lab) -> str:
    """The ARN of the trail."""
    return f"arn:aws:cloudtrail:{lab.region}:{lab.account}:trail/{TRAIL}"


def seen(lab: Lab, since_ms: int) -> set[Seen]:
    """The events since then, out of the log files that were written since."""
    s3 = lab.client("s3")
    since = f"{datetime.fromtimestamp(since_ms // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
    found: set[Seen] = set()
    token: dict[str, Any] = {}
    while True:
        page: dict[str, Any] = s3.list_objects_v2(Bucket=LOGS, Prefix="AWSLogs/", **token)
        for one in page.get("Contents", []):
            if one["Size"] and one["LastModified"] > since_ms:
                body: Any = s3.get_object(Bucket=LOGS, Key=one["Key"])["Body"]
                records = json.loads(gzip.decompress(bytes(body)))["Records"]
                found.update(_seen(record) for record in records if record["eventTime"] > since)
        if not page.get("NextContinuationToken"):
            return found
        token = {"ContinuationToken": page["NextContinuationToken"]}


def _seen(record: dict[str, Any]) -> Seen:
    parameters: dict[str, Any] = record["requestParameters"] or {}
    return Seen(record["eventName"], parameters.get("bucketName", ""), parameters.get("key", ""))


def build(lab: Lab) -> None:
    """Three buckets, a trail, three programs by roles of their own."""
    s3, trails = lab.client("s3"), lab.client("cloudtrail")
    for bucket in (RECORDS, BUSY, LOGS):
        s3.create_bucket(Bucket=bucket)
    source = {"aws:SourceArn": trail_arn(lab)}
    read = {"Effect": "Allow", "Principal": SERVICE, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{LOGS}"}
    write = {**read, "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{LOGS}/AWSLogs/{lab.account}/*"}
    condition = {"Condition": {"StringEquals": source}}
    s3.put_bucket_policy(Bucket=LOGS, Policy=document({**read, **condition}, {**write, **condition}))
    trails.create_trail(Name=TRAIL, S3BucketName=LOGS, IsMultiRegionTrail=True)
    trails.put_event_selectors(TrailName=TRAIL, EventSelectors=SELECTED)
    trails.start_logging(Name=TRAIL)
    puts = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{RECORDS}/*"}
    gets = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{RECORDS}/*"}
    lists = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{RECORDS}"}
    pictures = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{BUSY}/*"}
    practice, doctor = Host.made(lab, "practice-role", puts), Host.made(lab, "doctor-role", gets, lists)
    lab.add(Practices(lab, "practices", bucket=RECORDS, prefix="records/", host=practice))
    lab.add(Doctors(lab, "doctors", bucket=RECORDS, prefix="records/", host=doctor))
    lab.add(Pictures(lab, "pictures", bucket=BUSY, prefix="small/", host=Host.made(lab, "picture-role", pictures)))
