"""Photos come into a bucket, and a function puts a thumbnail of each into the same bucket."""

from __future__ import annotations

from typing import Any

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import LoadClient, Made, Recorded
from foulweather.drilling.load.functions import alarm, answered, function, function_arn, may

BUCKET, FUNCTION = "photos", "make-thumbnail"
THUMBNAIL = """
duration_ms = {p50 = 120, p99 = 400}
init_ms = 300
memory_mib = 90

[[calls]]
service = "s3"
operation = "put_object"
request = {Bucket = "photos", Key = "thumbs/${uuid}.jpg", Body = "a small picture"}
"""
QUIET = Recorded((11_000,), every_ms=1_200_000)
NEVER = Recorded((), every_ms=86_400_000)


class Uploads(LoadClient):
    """Puts photos under a prefix of its own."""

    RELEASABLE = ()

    def __init__(self, lab: Lab, name: str, prefix: str, arrivals: Recorded) -> None:
        self.prefix = prefix
        super().__init__(lab, name, service="s3", arrivals=arrivals)

    def make(self, n: int, now_ms: int) -> Made:
        """One photo."""
        return "put_object", {"Bucket": BUCKET, "Key": f"{self.prefix}{n}.jpg", "Body": b"a photo"}, None


def notify(lab: Lab, *prefixes: str) -> None:
    """Have the function told of new objects with these prefixes."""
    arn = function_arn(lab, FUNCTION)
    rules: list[dict[str, Any]] = [
        {
            "Id": f"photos-{number}",
            "LambdaFunctionArn": arn,
            "Events": ["s3:ObjectCreated:*"],
            "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}},
        }
        for number, prefix in enumerate(prefixes, 1)
    ]
    configuration = {"LambdaFunctionConfigurations": rules}
    answered(
        lab.client("s3").put_bucket_notification_configuration(
            Bucket=BUCKET, NotificationConfiguration=configuration, SkipDestinationValidation=True
        )
    )


def build(lab: Lab) -> None:
    """The bucket, the function and its permission, the website's uploads."""
    lab.client("s3").create_bucket(Bucket=BUCKET)
    function(lab, FUNCTION, THUMBNAIL, may("s3:PutObject", f"arn:aws:s3:::{BUCKET}/thumbs/*"), Timeout=30)
    lab.client("lambda").add_permission(
        FunctionName=FUNCTION,
        StatementId="photos",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn=f"arn:aws:s3:::{BUCKET}",
        SourceAccount=lab.account,
    )
    notify(lab, "web/")
    alarm(lab, FUNCTION, "Invocations", threshold=40)
    lab.add(Uploads(lab, "website", "web/", QUIET))
    lab.add(Uploads(lab, "mobile-app", "mobile/", NEVER))
