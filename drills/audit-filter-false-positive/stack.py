"""A trail to a bucket and to a log group, a metric filter and an alarm for releases that are not the pipeline's."""

from __future__ import annotations

import json
from typing import Any, cast

from foulweather.drilling.clients import Identity
from foulweather.drilling.documents import document
from foulweather.drilling.lab import HOUR_MS, MINUTE_MS, Lab
from foulweather.drilling.load.storage import Host
from foulweather.drilling.regular import Regular

BUCKET, TRAIL, GROUP = "audit-bucket", "audit", "/audit/trail"
FILTER, ALARM = "releases-of-others", "releases-of-others"
METRIC = {"metricNamespace": "Audit", "metricName": "ReleasesOfOthers", "metricValue": "1", "defaultValue": 0}
QUEUE = "orders"
SERVICE = {"Service": "cloudtrail.amazonaws.com"}


class Releasing(Regular):
    """Tags the queue with the release that works on it, under the name of a session."""

    RELEASABLE = ()

    def __init__(self, lab: Lab, name: str, host: Host) -> None:
        super().__init__(lab, name)
        self.host = host
        self.count = 0

    def release(self, identity: Identity) -> None:
        """One release."""
        sqs = self.lab.client("sqs", identity)
        sqs.tag_queue(QueueUrl=self.lab.queue_url(QUEUE), Tags={"release": f"{self.name}-{self.count}"})

    def session(self, name: str) -> Identity:
        """A session of the host's role."""
        self.count += 1
        sts = self.lab.client("sts", self.lab.identity_of_key(self.host.access_key_id))
        made = sts.assume_role(RoleArn=self.host.role_arn, RoleSessionName=name)
        return self.lab.identity_of_key(made["Credentials"]["AccessKeyId"])


class Pipeline(Releasing):
    """Releases as it is meant to be: by deploy-role, each time in a session of its own."""

    def pause_ms(self) -> int:
        """Three times a day; on the day itself, five times an hour."""
        return 12 * MINUTE_MS + 1_000 if self.lab.struck_at_ms else 8 * HOUR_MS

    def run(self) -> None:
        """One release."""
        self.release(self.session(f"release-{self.count + 1}"))


class RedTeam(Releasing):
    """Tries the alarm out, as agreed: as a user, and by another role in a session that is called as the pipeline's."""

    def pause_ms(self) -> int:
        """Twice a day; on the day itself, twice an hour."""
        return 25 * MINUTE_MS + 7_000 if self.lab.struck_at_ms else 12 * HOUR_MS

    def run(self) -> None:
        """One release that nobody approved."""
        as_user = self.count % 2
        session = self.session("deploy-role")
        self.release(self.lab.identity_of_key(self.lab.notes["user_key"]) if as_user else session)


def role_arn(lab: Lab, name: str = "deploy-role") -> str:
    """The ARN of a role."""
    return f"arn:aws:iam::{lab.account}:role/{name}"


def others(issuer: str, operator: str, value: str) -> str:
    """The pattern of releases, with a condition about who made them."""
    return (
        '{ ($.eventName = "TagQueue") && ($.requestParameters.tags.release = "*") && '
        f'(({issuer} NOT EXISTS) || ({issuer} {operator} "{value}")) }}'
    )


def put_filter(lab: Lab, pattern: str) -> None:
    """Set the filter."""
    lab.client("logs").put_metric_filter(
        logGroupName=GROUP, filterName=FILTER, filterPattern=pattern, metricTransformations=[METRIC]
    )


def definition(lab: Lab) -> dict[str, Any]:
    """The alarm as it was agreed."""
    return {
        "AlarmName": ALARM,
        "Namespace": METRIC["metricNamespace"],
        "MetricName": METRIC["metricName"],
        "Statistic": "Sum",
        "Period": 300,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
        "ActionsEnabled": True,
        "AlarmActions": [lab.notes["topic"]],
    }


def _trail(lab: Lab) -> None:
    arn = f"arn:aws:s3:::{BUCKET}"
    source = {"aws:SourceArn": f"arn:aws:cloudtrail:{lab.region}:{lab.account}:trail/{TRAIL}"}
    check = {"Effect": "Allow", "Principal": SERVICE, "Action": "s3:GetBucketAcl", "Resource": arn}
    write = {"Effect": "Allow", "Principal": SERVICE, "Action": "s3:PutObject"}
    own = {"StringEquals": {**source, "s3:x-amz-acl": "bucket-owner-full-control"}}
    policy = document(
        {**check, "Condition": {"StringEquals": source}},
        {**write, "Resource": f"{arn}/AWSLogs/{lab.account}/*", "Condition": own},
    )
    s3, iam, logs, trails = (lab.client(name) for name in ("s3", "iam", "logs", "cloudtrail"))
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy)
    logs.create_log_group(logGroupName=GROUP)
    logs.put_retention_policy(logGroupName=GROUP, retentionInDays=90)
    group = f"arn:aws:logs:{lab.region}:{lab.account}:log-group:{GROUP}"
    trust = {"Effect": "Allow", "Principal": SERVICE, "Action": "sts:AssumeRole"}
    deliver = {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": f"{group}:*"}
    role = iam.create_role(RoleName="trail-to-logs", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="trail-to-logs", PolicyName="deliver", PolicyDocument=document(deliver))
    trails.create_trail(
        Name=TRAIL,
        S3BucketName=BUCKET,
        IsMultiRegionTrail=True,
        CloudWatchLogsLogGroupArn=f"{group}:*",
        CloudWatchLogsRoleArn=role,
    )
    trails.start_logging(Name=TRAIL)
    lab.notes["group"] = group


def build(lab: Lab) -> None:
    """The trail, the filter, the alarm; the pipeline and whoever else can release."""
    _trail(lab)
    put_filter(lab, others("$.userIdentity.sessionContext.sessionIssuer.arn", "!=", role_arn(lab)))
    lab.notes["topic"] = lab.client("sns").create_topic(Name="security")["TopicArn"]
    lab.client("cloudwatch").put_metric_alarm(**definition(lab))
    release = {
        "Effect": "Allow",
        "Action": "sqs:TagQueue",
        "Resource": lab.queue_arn(QUEUE),
    }
    lab.client("sqs").create_queue(QueueName=QUEUE)
    iam = lab.client("iam")
    iam.create_user(UserName="red-team")
    iam.put_user_policy(UserName="red-team", PolicyName="release", PolicyDocument=document(release))
    lab.notes["user_key"] = iam.create_access_key(UserName="red-team")["AccessKey"]["AccessKeyId"]
    lab.add(Pipeline(lab, "pipeline", Host.made(lab, "deploy-role", release)))
    lab.add(RedTeam(lab, "red-team", Host.made(lab, "admin-role", release)))


def pattern_of(lab: Lab) -> str | None:
    """The filter's pattern as it is; None where there is no such filter."""
    found = lab.client("logs").describe_metric_filters(logGroupName=GROUP, filterNamePrefix=FILTER)["metricFilters"]
    return next((cast(str, one["filterPattern"]) for one in found if one["filterName"] == FILTER), None)


def recorded(lab: Lab, since_ms: int) -> list[str]:
    """The events of releases that came into the log group."""
    about = {"filterPattern": '{ $.eventName = "TagQueue" }', "startTime": since_ms + 1, "endTime": lab.now_ms}
    found = lab.client("logs").filter_log_events(logGroupName=GROUP, **about)["events"]
    return [event["message"] for event in found]


def is_pipelines(lab: Lab, message: str) -> bool:
    """Whether a release is the pipeline's."""
    issuer = json.loads(message)["userIdentity"].get("sessionContext", {}).get("sessionIssuer", {})
    return issuer.get("arn") == role_arn(lab)
