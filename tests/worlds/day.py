"""A day of mixed traffic on a held clock, drawn from a seed, and everything that was seen of it.

What the applications got back is counted beside the world (`answered`), and the journal is followed from the start.
"""

from __future__ import annotations

import inspect
import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from foulweather.gates.faults import Faults
from foulweather.kernel.credentials import Credentials
from foulweather.kernel.errors import AwsError
from foulweather.world.journal import Event
from harness import ACCOUNT, Aws, new_aws

DAY_MS = 86_400_000
MINUTE_MS = 60_000
HERE, WEST = "us-east-1", "us-west-2"
AUDIT, PHOTOS = "audit-bucket", "photos"
TRAIL_GROUP, APP_GROUP = "trail", "/app/shop"
TRAIL_STREAMS = [f"{ACCOUNT}_CloudTrail_{region}" for region in (HERE, WEST)]
DENIED = '{ ($.errorCode = "*AccessDenied*") || ($.errorCode = "*UnauthorizedOperation") }'
BIG = "x" * 9_000


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


class Day:
    """One day in one account and two Regions."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.chance = random.Random(f"day {seed}")
        self.root: Aws = new_aws(seed=seed)
        self.world = self.root.world
        self.events: list[Event] = []
        self.world.journal.follow(self.events.append)
        self.answered: Counter[tuple[str, str, str, str]] = Counter()
        self.told: Counter[str] = Counter()
        self.handles: list[dict[str, str]] = []
        self.uploads = 0
        self.people = [self.root]

    async def call(self, who: Aws, service: str, operation: str, **request: Any) -> dict[str, Any]:
        """The answer, empty where it is refused; what it came to is counted by Region, service, operation and code."""
        name = self.root.pipeline.services.operation_by_python_name(service, operation).name
        code = ""
        answer: Any = None
        try:
            asked: Any = getattr(getattr(who, service), operation)(request)
            answer = (await asked) if inspect.isawaitable(asked) else asked
        except AwsError as error:
            code = error.code
        assert code != "NotImplemented", f"{service}:{name}"
        self.answered[HERE if service == "iam" else who.region, service, name, code] += 1
        found: dict[str, Any] = answer or {}
        return found

    async def wait(self, ms: int) -> None:
        await self.world.advance_to(self.world.clock.now_ms + ms)

    # --- what is there

    async def build(self) -> None:
        """A trail first, so that it sees all the rest; then what the applications use."""
        self.began_ms = self.world.clock.now_ms
        await self._audit()
        await self._stores()
        await self._staff()
        await self._watch()

    async def _audit(self) -> None:
        root, trail = self.root, {"Service": "cloudtrail.amazonaws.com"}
        await self.call(root, "s3", "create_bucket", Bucket=AUDIT)
        arn = f"arn:aws:s3:::{AUDIT}"
        may = [
            allow("s3:GetBucketAcl", arn, Principal=trail),
            allow("s3:PutObject", f"{arn}/AWSLogs/{ACCOUNT}/*", Principal=trail),
        ]
        await self.call(root, "s3", "put_bucket_policy", Bucket=AUDIT, Policy=policy(*may))
        await self.call(root, "logs", "create_log_group", logGroupName=TRAIL_GROUP)
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": trail}
        made = await self.call(root, "iam", "create_role", RoleName="logs", AssumeRolePolicyDocument=policy(trust))
        document = policy(allow(["logs:CreateLogStream", "logs:PutLogEvents"]))
        await self.call(root, "iam", "put_role_policy", RoleName="logs", PolicyName="logs", PolicyDocument=document)
        await self.call(
            root,
            "cloudtrail",
            "create_trail",
            Name="main",
            S3BucketName=AUDIT,
            IsMultiRegionTrail=True,
            CloudWatchLogsLogGroupArn=f"arn:aws:logs:{HERE}:{ACCOUNT}:log-group:{TRAIL_GROUP}:*",
            CloudWatchLogsRoleArn=made["Role"]["Arn"],
        )
        selectors = [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]
        for of_type in ("AWS::S3::Object", "AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::DynamoDB::Table"):
            fields = [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": [of_type]}]
            if of_type == "AWS::S3::Object":
                fields.append({"Field": "resources.ARN", "NotStartsWith": [f"{arn}/"]})
            selectors.append({"FieldSelectors": fields})
        for operation, request in (
            ("put_event_selectors", {"TrailName": "main", "AdvancedEventSelectors": selectors}),
            ("start_logging", {"Name": "main"}),
        ):
            await self.wait(1_500)
            await self.call(root, "cloudtrail", operation, **request)

    async def _stores(self) -> None:
        root = self.root
        self.queues: list[tuple[Aws, str]] = []
        for who, name in ((root, "orders"), (root, "news"), (root.in_region(WEST), "parcels")):
            made = await self.call(who, "sqs", "create_queue", QueueName=name)
            self.queues.append((who, made["QueueUrl"]))
        self.topic = (await self.call(root, "sns", "create_topic", Name="news"))["TopicArn"]
        arn = f"arn:aws:sqs:{HERE}:{ACCOUNT}:news"
        may = allow("sqs:SendMessage", arn, Principal={"Service": "sns.amazonaws.com"})
        attributes = {"Policy": policy(may)}
        await self.call(root, "sqs", "set_queue_attributes", QueueUrl=self.queues[1][1], Attributes=attributes)
        await self.call(root, "sns", "subscribe", TopicArn=self.topic, Protocol="sqs", Endpoint=arn)
        await self.call(root, "s3", "create_bucket", Bucket=PHOTOS)
        metrics = {"Id": "all"}
        await self.call(
            root, "s3", "put_bucket_metrics_configuration", Bucket=PHOTOS, Id="all", MetricsConfiguration=metrics
        )
        await self.call(
            root,
            "dynamodb",
            "create_table",
            TableName="carts",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        )
        self.key = (await self.call(root, "kms", "create_key"))["KeyMetadata"]["KeyId"]

    async def _staff(self) -> None:
        """Somebody who may work, and somebody who may hardly do anything."""
        root = self.root
        may = {"alice": allow(["sqs:*", "s3:*", "dynamodb:*", "sns:*"]), "mallory": allow("sqs:ListQueues")}
        for name, statement in may.items():
            await self.call(root, "iam", "create_user", UserName=name)
            document = policy(statement)
            await self.call(root, "iam", "put_user_policy", UserName=name, PolicyName="work", PolicyDocument=document)
            made = await self.call(root, "iam", "create_access_key", UserName=name)
            key = made["AccessKey"]["AccessKeyId"]
            held = self.world.state(Credentials).by_id[key]
            self.people.append(Aws(root.pipeline, held.principal, ACCOUNT, HERE, held.session, key))

    async def _watch(self) -> None:
        """Filters on the trail and on the application's log, and an alarm that tells the topic."""
        root = self.root
        await self.call(root, "logs", "create_log_group", logGroupName=APP_GROUP)
        await self.call(root, "logs", "create_log_stream", logGroupName=APP_GROUP, logStreamName="web")
        filters = (
            (TRAIL_GROUP, DENIED, {"metricName": "Denied", "metricValue": "1"}),
            (TRAIL_GROUP, "{ $.eventName = PutObject }", {"metricName": "Puts", "metricValue": "1"}),
            (APP_GROUP, '{ $.level = "ERROR" }', {"metricName": "Errors", "metricValue": "1"}),
            (APP_GROUP, "{ $.ms > 0 }", {"metricName": "Latency", "metricValue": "$.ms"}),
        )
        for group, pattern, wanted in filters:
            await self.call(
                root,
                "logs",
                "put_metric_filter",
                logGroupName=group,
                filterName=wanted["metricName"],
                filterPattern=pattern,
                metricTransformations=[{"metricNamespace": "Day", **wanted}],
            )
        await self.call(
            root,
            "cloudwatch",
            "put_metric_alarm",
            AlarmName="denied",
            Namespace="Day",
            MetricName="Denied",
            Statistic="Sum",
            Period=300,
            EvaluationPeriods=1,
            Threshold=1.0,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            TreatMissingData="notBreaching",
            AlarmActions=[self.topic],
        )

    # --- the day

    async def live(self, steps: int) -> None:
        """That many things happen over a day, at random times; then what is under way ends."""
        kinds: list[tuple[Callable[[], Awaitable[None]], int]] = [
            (self._send, 20),
            (self._receive, 20),
            (self._delete, 12),
            (self._publish, 8),
            (self._put_object, 10),
            (self._get_object, 10),
            (self._write_item, 10),
            (self._read_item, 6),
            (self._encrypt, 6),
            (self._identities, 8),
            (self._log, 12),
            (self._rush, 2),
            (self._burst, 1),
        ]
        functions, weights = [kind for kind, _ in kinds], [weight for _, weight in kinds]
        times = sorted(self.chance.randrange(DAY_MS) for _ in range(steps))
        for at_ms in times:
            await self.world.advance_to(max(self.world.clock.now_ms, self.began_ms + at_ms))
            await self.chance.choices(functions, weights)[0]()
        Faults.of(self.world).clear()
        await self.world.advance_to(self.began_ms + DAY_MS + 22 * MINUTE_MS)
        self.ended_ms = self.world.clock.now_ms - self.world.clock.now_ms % MINUTE_MS

    def _who(self) -> Aws:
        return self.chance.choices(self.people, [6, 3, 1])[0]

    def _queue(self) -> tuple[Aws, str]:
        at, url = self.chance.choice(self.queues)
        who = self._who()
        return Aws(who.pipeline, who.principal, ACCOUNT, at.region, who.session, who.access_key_id), url

    async def _send(self) -> None:
        who, url = self._queue()
        if self.chance.random() < 0.2:
            entries = [{"Id": str(n), "MessageBody": "x" * n} for n in range(1, self.chance.randrange(2, 11))]
            await self.call(who, "sqs", "send_message_batch", QueueUrl=url, Entries=entries)
            return
        body = "x" * self.chance.randrange(0, 2_000)  # an empty one is refused
        await self.call(who, "sqs", "send_message", QueueUrl=url, MessageBody=body)

    async def _receive(self) -> None:
        who, url = self._queue()
        got = await self.call(who, "sqs", "receive_message", QueueUrl=url, MaxNumberOfMessages=10)
        self.handles += [{"url": url, "handle": each["ReceiptHandle"]} for each in got.get("Messages") or ()]

    async def _delete(self) -> None:
        if not self.handles:
            return
        held = self.handles.pop(self.chance.randrange(len(self.handles)))
        at = next(at for at, url in self.queues if url == held["url"])
        await self.call(at, "sqs", "delete_message", QueueUrl=held["url"], ReceiptHandle=held["handle"])

    async def _publish(self) -> None:
        message = "y" * self.chance.randrange(0, 500)
        await self.call(self._who(), "sns", "publish", TopicArn=self.topic, Message=message)

    async def _put_object(self) -> None:
        key = f"{self.chance.randrange(40)}.jpg"
        more: dict[str, Any] = {}
        if self.chance.random() < 0.3:
            more = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.key}
        body = b"z" * self.chance.randrange(1, 5_000)
        await self.call(self._who(), "s3", "put_object", Bucket=PHOTOS, Key=key, Body=body, **more)

    async def _get_object(self) -> None:
        who, key = self._who(), f"{self.chance.randrange(40)}.jpg"
        operation = self.chance.choice(["get_object", "get_object", "head_object", "delete_object"])
        await self.call(who, "s3", operation, Bucket=PHOTOS, Key=key)

    async def _write_item(self) -> None:
        item = {"pk": {"S": str(self.chance.randrange(20))}, "n": {"N": "1"}}
        more: dict[str, Any] = {}
        if self.chance.random() < 0.4:
            more["ConditionExpression"] = "attribute_not_exists(pk)"
        await self.call(self._who(), "dynamodb", "put_item", TableName="carts", Item=item, **more)

    async def _read_item(self) -> None:
        if self.chance.random() < 0.3:
            await self.call(self._who(), "dynamodb", "scan", TableName="carts")
            return
        key = {"pk": {"S": str(self.chance.randrange(20))}}
        table = self.chance.choice(["carts", "carts", "no-such-table"])
        await self.call(self._who(), "dynamodb", "get_item", TableName=table, Key=key)

    async def _encrypt(self) -> None:
        who = self._who()
        made = await self.call(who, "kms", "encrypt", KeyId=self.key, Plaintext=b"secret")
        if made:
            await self.call(who, "kms", "decrypt", CiphertextBlob=made["CiphertextBlob"])

    async def _identities(self) -> None:
        who = self._who()
        choices: list[tuple[str, dict[str, Any]]] = [
            ("list_users", {}),
            ("get_user", {"UserName": "alice"}),
            ("get_user", {"UserName": "nobody"}),
            ("tag_user", {"UserName": "alice", "Tags": [{"Key": "n", "Value": str(self.chance.random())}]}),
        ]
        operation, request = self.chance.choice(choices)
        await self.call(who, "iam", operation, **request)

    async def _log(self) -> None:
        """A batch of the application's log; the newest of it may be too far in the future, and is not taken."""
        now_ms = self.world.clock.now_ms
        times = sorted(
            now_ms + self.chance.randrange(-MINUTE_MS, MINUTE_MS) for _ in range(self.chance.randrange(1, 9))
        )
        if self.chance.random() < 0.1:
            times.append(now_ms + 3 * 3_600_000)
        events: list[dict[str, Any]] = []
        for at_ms in times:
            line = {"level": self.chance.choice(["INFO", "INFO", "ERROR"]), "ms": self.chance.randrange(1, 900)}
            message = json.dumps(line)
            events.append({"timestamp": at_ms, "message": message})
            if at_ms <= now_ms + 2 * 3_600_000:
                self.told["lines"] += 1
                self.told["bytes"] += len(message) + 26
                self.told["errors"] += line["level"] == "ERROR"
                self.told["ms"] += int(line["ms"])
        name = {"logGroupName": APP_GROUP, "logStreamName": "web"}
        await self.call(self.root, "logs", "put_log_events", **name, logEvents=events)

    async def _rush(self) -> None:
        """More at once than a lowered quota lets in."""
        service, operation = self.chance.choice([("sqs", "list_queues"), ("kms", "list_keys"), ("sns", "list_topics")])
        Faults.of(self.world).add(kind="quota", service=service, per_s=2, until_ms=self.world.clock.now_ms + 1_000)
        for _ in range(self.chance.randrange(3, 9)):
            await self.call(self.root, service, operation)

    async def _burst(self) -> None:
        """Writes far above what the table provides."""
        for number in range(50):
            item = {"pk": {"S": str(number % 20)}, "body": {"S": BIG}}
            await self.call(self.root, "dynamodb", "put_item", TableName="carts", Item=item)
