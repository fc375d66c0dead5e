"""Work of services that deliver: how it is begun, how long it takes, and what is there when it is done."""

from __future__ import annotations

import json

from harness import ACCOUNT, Aws
from services.cloudtrail import audited
from services.cloudwatch import test_metric_streams as metric_streams
from services.events.bridged import Bridge
from services.firehose import delivering_calls as firehose
from services.kinesis import streaming
from services.logs import test_exports as log_exports
from services.logs import test_forwarding as forwarding
from services.logs import test_scheduled_queries as scheduled_queries
from services.logs.log_calls import make, put
from services.pipes.piped import Pipes
from services.scheduler.timed import Times
from services.stepfunctions.workflows import SEND, URL, Workflows, flow
from worlds.restarting import DAY_S, Work, bodies, done, url


class Workflow:
    """Waits, tasks that call, a Map, and one that is tried again."""

    lasts_s = 120

    async def begin(self, aws: Aws) -> None:
        flows = Workflows(aws)
        flows.queue()
        send = {"Type": "Task", "Resource": SEND, "Parameters": {"QueueUrl": URL, "MessageBody.$": "$"}}
        missing = {**send, "Parameters": {"QueueUrl": url("none"), "MessageBody.$": "$"}, "ResultPath": None}
        missing |= {
            "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 5, "MaxAttempts": 2}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "End", "ResultPath": None}],
        }
        each = {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": flow(("Send", send)), "ResultPath": None}
        wait = {"Type": "Wait", "Seconds": 10}
        made = flow(("Wait", wait), ("Each", each), ("Missing", missing), ("End", {"Type": "Succeed"}))
        self.arn = flows.start(flows.machine(made, "sqs:*"), ["a", "b", "c"])

    async def check(self, aws: Aws) -> None:
        assert bodies(aws, "inbox") == ["a", "b", "c"]
        assert Workflows(aws).output(self.arn) == ["a", "b", "c"]


class MapRun:
    """A distributed Map with what it writes."""

    lasts_s = 600

    async def begin(self, aws: Aws) -> None:
        flows = Workflows(aws)
        aws.s3.create_bucket({"Bucket": "items"})
        writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "items", "Prefix": "out"}}
        wait = {"Type": "Wait", "Seconds": 5}
        processor = flow(("Wait", wait)) | {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
        state = {"Type": "Map", "ItemProcessor": processor, "ResultWriter": writer, "Label": "Each"}
        self.arn = flows.start(flows.machine(flow(("Each", state)), "s3:*", "states:*"), [1, 2, 3])

    async def check(self, aws: Aws) -> None:
        flows = Workflows(aws)
        assert "ResultWriterDetails" in flows.output(self.arn)
        (run,) = flows.sfn.list_map_runs({"executionArn": self.arn})["mapRuns"]
        told = flows.sfn.describe_map_run({"mapRunArn": run["mapRunArn"]})
        assert (told["status"], told["itemCounts"]["resultsWritten"]) == ("SUCCEEDED", 3)


class Schedule:
    """A schedule that goes on, and its invocations."""

    lasts_s = 400

    async def begin(self, aws: Aws) -> None:
        times = Times(aws)
        times.schedule(
            "rate(1 minute)", times.queue(), times.role(), Target={"Input": "<aws.scheduler.scheduled-time>"}
        )

    async def check(self, aws: Aws) -> None:
        assert len(bodies(aws, "inbox")) >= 6


class Rule:
    """Events on their way to a queue, to one that is not there, and a dead-letter queue."""

    lasts_s = 2 * DAY_S

    async def begin(self, aws: Aws) -> None:
        bridge = Bridge(aws)
        bridge.reaching()
        bridge.rule("lost")
        dead = bridge.queue("dead", f"arn:aws:events:us-east-1:{ACCOUNT}:rule/lost")
        gone = f"arn:aws:sqs:us-east-1:{ACCOUNT}:gone"
        bridge.target(gone, "lost", DeadLetterConfig={"Arn": dead}, RetryPolicy={"MaximumRetryAttempts": 2})
        for number in (1, 2):
            bridge.put({"id": number})

    async def check(self, aws: Aws) -> None:
        for name in ("orders-inbox", "dead"):
            assert sorted(json.loads(body)["detail"]["id"] for body in bodies(aws, name)) == [1, 2], name


class QueuePipe:
    """A pipe from queue to queue."""

    lasts_s = 120

    async def begin(self, aws: Aws) -> None:
        pipes = Pipes(aws)
        source, target = pipes.queue("source"), pipes.queue("target")
        request = {"Name": "p", "Source": source, "Target": target, "RoleArn": pipes.role()}
        aws.pipes.create_pipe(request)
        for body in "abc":
            pipes.send(source, body)

    async def check(self, aws: Aws) -> None:
        assert Pipes(aws).shown()["CurrentState"] == "RUNNING"
        assert {json.loads(body)["body"] for body in bodies(aws, "target")} == {"a", "b", "c"}


class StreamPipe:
    """A pipe from stream to queue."""

    lasts_s = 120

    async def begin(self, aws: Aws) -> None:
        pipes = Pipes(aws)
        source, target = pipes.stream(), pipes.queue("target")
        await aws.advance(seconds=30)
        more = {"SourceParameters": {"KinesisStreamParameters": {"StartingPosition": "TRIM_HORIZON"}}}
        aws.pipes.create_pipe({"Name": "p", "Source": source, "Target": target, "RoleArn": pipes.role(), **more})
        for number in range(3):
            pipes.put(source, {"id": number})

    async def check(self, aws: Aws) -> None:
        assert len(bodies(aws, "target")) == 3


class Delivery:
    """What a delivery stream holds."""

    lasts_s = 900

    async def begin(self, aws: Aws) -> None:
        await firehose.make(aws)
        firehose.put(aws, b"a\n", b"b\n")

    async def check(self, aws: Aws) -> None:
        found = b"".join((await firehose.objects(aws)).values())
        assert set(found.split()) == {b"a", b"b"}


class SourcedDelivery:
    """What a delivery stream reads from another stream."""

    lasts_s = 1200

    async def begin(self, aws: Aws) -> None:
        await streaming.make(aws)
        source = {"KinesisStreamARN": streaming.ARN, "RoleARN": firehose.ROLE}
        more = {"DeliveryStreamType": "KinesisStreamAsSource", "KinesisStreamSourceConfiguration": source}
        await firehose.make(aws, request=more)
        for data in (b"a\n", b"b\n"):
            aws.kinesis.put_record({"StreamARN": streaming.ARN, "Data": data, "PartitionKey": "k"})

    async def check(self, aws: Aws) -> None:
        found = b"".join((await firehose.objects(aws)).values())
        assert set(found.split()) == {b"a", b"b"}


class Subscription:
    """What a subscription filter caught."""

    lasts_s = 600

    async def begin(self, aws: Aws) -> None:
        make(aws)
        forwarding.role(aws, "kinesis:PutRecord")
        await streaming.make(aws)
        await forwarding.subscribe(aws)
        put(aws, "ERROR one")
        await aws.advance(ms=1)
        put(aws, "ERROR two")

    async def check(self, aws: Aws) -> None:
        told = forwarding.payloads(streaming.got(aws))
        found = {event["message"] for each in told if each["logStream"] for event in each["logEvents"]}
        assert found == {"ERROR one", "ERROR two"}


class LogExport:
    """An export of logs."""

    lasts_s = 300

    async def begin(self, aws: Aws) -> None:
        make(aws)
        put(aws, "one")
        await log_exports.bucket(aws)
        await aws.advance(seconds=1)
        self.task = await log_exports.export(aws)

    async def check(self, aws: Aws) -> None:
        assert log_exports.status(aws, self.task)["status"]["code"] == "COMPLETED"


class ScheduledQuery:
    """A query every hour, and its results."""

    lasts_s = 4 * 3_600 + 300

    async def begin(self, aws: Aws) -> None:
        make(aws)
        await log_exports.bucket(aws, lets_in=False)
        scheduled_queries.role(aws, "queries", "logs:StartQuery", "logs:GetQueryResults")
        scheduled_queries.role(aws, "delivers", "s3:PutObject")
        aws.logs.create_scheduled_query(scheduled_queries.request())

    async def check(self, aws: Aws) -> None:
        found = scheduled_queries.history(aws)
        assert len(found) >= 3
        assert {each["executionStatus"] for each in found} == {"Complete"}, found


class Trail:
    """A trail that delivers and digests."""

    lasts_s = 4 * 3_600

    async def begin(self, aws: Aws) -> None:
        aws.s3.create_bucket({"Bucket": audited.BUCKET})
        aws.s3.put_bucket_policy({"Bucket": audited.BUCKET, "Policy": audited.bucket_policy()})
        request = {"Name": "main", "S3BucketName": audited.BUCKET, "EnableLogFileValidation": True}
        await done(aws.cloudtrail.create_trail(request))
        aws.cloudtrail.start_logging({"Name": "main"})
        aws.sqs.create_queue({"QueueName": "orders"})

    async def check(self, aws: Aws) -> None:
        listed = aws.s3.list_objects_v2({"Bucket": audited.BUCKET})["Contents"]
        keys = [each["Key"] for each in listed]
        assert any("/CloudTrail/" in key for key in keys)
        assert sum("/CloudTrail-Digest/" in key for key in keys) >= 3


class MetricStream:
    """Metrics, to a delivery stream."""

    lasts_s = 600

    async def begin(self, aws: Aws) -> None:
        await metric_streams.destination(aws)
        metric_streams.stream(aws, IncludeFilters=[{"Namespace": "Shop"}])
        await aws.advance(seconds=60)
        data = [{"MetricName": "Latency", "Value": 1.0}]
        aws.cloudwatch.put_metric_data({"Namespace": "Shop", "MetricData": data})

    async def check(self, aws: Aws) -> None:
        assert "Latency" in {each["metric_name"] for each in await metric_streams.lines(aws)}


class AlarmAction:
    """An alarm that tells a topic, which tells a queue."""

    lasts_s = 900

    async def begin(self, aws: Aws) -> None:
        topic = aws.sns.create_topic({"Name": "alarms"})["TopicArn"]
        statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        aws.sqs.create_queue({"QueueName": "inbox", "Attributes": {"Policy": policy}})
        endpoint = f"arn:aws:sqs:us-east-1:{ACCOUNT}:inbox"
        aws.sns.subscribe({"TopicArn": topic, "Protocol": "sqs", "Endpoint": endpoint})
        aws.cloudwatch.put_metric_alarm(
            {
                "AlarmName": "slow",
                "Namespace": "Shop",
                "MetricName": "Latency",
                "Statistic": "Maximum",
                "Period": 60,
                "EvaluationPeriods": 1,
                "Threshold": 1.0,
                "ComparisonOperator": "GreaterThanThreshold",
                "AlarmActions": [topic],
            }
        )
        data = [{"MetricName": "Latency", "Value": 5.0}]
        aws.cloudwatch.put_metric_data({"Namespace": "Shop", "MetricData": data})

    async def check(self, aws: Aws) -> None:
        told = {json.loads(json.loads(body)["Message"])["NewStateValue"] for body in bodies(aws, "inbox")}
        assert "ALARM" in told


WORK: list[type[Work]] = [
    Workflow,
    MapRun,
    Schedule,
    Rule,
    QueuePipe,
    StreamPipe,
    Delivery,
    SourcedDelivery,
    Subscription,
    LogExport,
    ScheduledQuery,
    Trail,
    MetricStream,
    AlarmAction,
]
