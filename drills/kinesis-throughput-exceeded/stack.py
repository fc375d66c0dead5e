"""Collectors put clicks into a stream, and Firehose brings them to a lake."""

from __future__ import annotations

from typing import Any

from foulweather.drilling.documents import document, trust
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.functions import answered, may
from foulweather.drilling.regular import Regular

STREAM, LAKE, DELIVERY = "clickstream", "lake", "clicks-to-lake"
SHARDS = 4
USERS = 600
CLICKS, FEW = 2_400, 40
FLUSH_MS, SELDOM_MS = 30_000, 20 * MINUTE_MS
CALL_MAX = 500
AGAIN_MS = 100
REFUSED = "ProvisionedThroughputExceededException"


class Collectors(Regular):
    """Flush what came; what is refused they try again, in ever longer pauses, and give up in the end."""

    SETTINGS = {"key": ("user", "campaign", "random"), "attempts": ("4",)}
    RELEASABLE = ("key", "attempts")

    def __init__(self, lab: Lab, name: str) -> None:
        super().__init__(lab, name)
        self.sent: list[tuple[int, int]] = []
        self.lost: list[tuple[int, int]] = []
        self.shards: dict[str, tuple[int, set[str]]] = {}
        """For each user when they came last, and the shards that their clicks of that day are in."""
        self.number = 0
        self.draws = lab.world.stream(f"collectors/{name}")

    def pause_ms(self) -> int:
        """Flushes are rare in the past."""
        return FLUSH_MS if self.lab.struck_at_ms else SELDOM_MS

    def run(self) -> None:
        """One flush."""
        count = CLICKS if self.lab.struck_at_ms else FEW
        entries: list[dict[str, Any]] = []
        for _ in range(count):
            user = f"user-{self.draws.randrange(USERS)}"
            self.number += 1
            click = f'{{"n": {self.number}, "user": "{user}", "campaign": "campaign-7"}}\n'
            entries.append({"Data": click.encode(), "PartitionKey": self._key(user), "user": user})
        now_ms = self.lab.now_ms
        self.sent.append((now_ms, count))
        self._put(entries, now_ms, 1)

    def _key(self, user: str) -> str:
        key = self.settings["key"]
        return user if key == "user" else "campaign-7" if key == "campaign" else f"{self.draws.randrange(1 << 30)}"

    def _put(self, entries: list[dict[str, Any]], since_ms: int, attempt: int) -> None:
        left: list[dict[str, Any]] = []
        for first in range(0, len(entries), CALL_MAX):
            chunk = entries[first : first + CALL_MAX]
            asked = [{"Data": each["Data"], "PartitionKey": each["PartitionKey"]} for each in chunk]
            told = answered(self.lab.client("kinesis").put_records(StreamName=STREAM, Records=asked))
            for entry, result in zip(chunk, told["Records"], strict=True):
                if "ErrorCode" in result:
                    left.append(entry)
                    words = result["ErrorMessage"]
                else:
                    self._note(entry["user"], since_ms, result["ShardId"])
        if not left:
            return
        if attempt >= int(self.settings["attempts"]):
            self.lost.append((since_ms, len(left)))
            self.say(f"gave up {len(left)} clicks: {REFUSED}: {words}")
            return
        self.lab.at(self.lab.now_ms + (AGAIN_MS << attempt - 1), lambda: self._put(left, since_ms, attempt + 1))

    def _note(self, user: str, since_ms: int, shard: str) -> None:
        """A user's shards, since the mend alone: before it everybody's are mixed up."""
        begun_ms, shards = self.shards.get(user, (0, set()))
        if begun_ms < self.lab.settling_since(0) < since_ms:
            begun_ms, shards = since_ms, set()
        self.shards[user] = begun_ms, shards | {shard}


def build(lab: Lab) -> None:
    """The stream with its shard-level metrics, the lake, the delivery, an alarm, the collectors."""
    kinesis = lab.client("kinesis")
    kinesis.create_stream(StreamName=STREAM, ShardCount=SHARDS)
    lab.client("s3").create_bucket(Bucket=LAKE)
    made = lab.client("iam").create_role(RoleName="to-lake", AssumeRolePolicyDocument=trust("firehose.amazonaws.com"))
    arn = f"arn:aws:kinesis:{lab.region}:{lab.account}:stream/{STREAM}"
    reading = ["DescribeStream", "ListShards", "GetShardIterator", "GetRecords"]
    policy = document(may([f"kinesis:{each}" for each in reading], arn), may("s3:PutObject", f"arn:aws:s3:::{LAKE}/*"))
    lab.client("iam").put_role_policy(RoleName="to-lake", PolicyName="deliver", PolicyDocument=policy)
    lab.notes.update(arn=arn)
    lab.at(lab.now_ms + MINUTE_MS, lambda: _deliver(lab, made["Role"]["Arn"], arn))
    lab.client("cloudwatch").put_metric_alarm(
        AlarmName="clickstream-throttled",
        Namespace="AWS/Kinesis",
        MetricName="WriteProvisionedThroughputExceeded",
        Dimensions=[{"Name": "StreamName", "Value": STREAM}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0.0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )
    lab.add(Collectors(lab, "collectors"))


def _deliver(lab: Lab, role: str, arn: str) -> None:
    lab.client("kinesis").enable_enhanced_monitoring(StreamName=STREAM, ShardLevelMetrics=["ALL"])
    made = lab.client("firehose").create_delivery_stream(
        DeliveryStreamName=DELIVERY,
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={"KinesisStreamARN": arn, "RoleARN": role},
        ExtendedS3DestinationConfiguration={
            "RoleARN": role,
            "BucketARN": f"arn:aws:s3:::{LAKE}",
            "BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 60},
        },
    )
    answered(made)
