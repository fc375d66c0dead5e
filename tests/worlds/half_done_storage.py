"""Work of services that keep: how it is begun, how long it takes, and what is there when it is done."""

from __future__ import annotations

import json

from harness import Aws
from services.applicationautoscaling import scaling_calls as scaling
from services.cognito_idp import signing
from services.cognito_idp import test_imports as user_imports
from services.dynamodb import tables
from services.dynamodb import test_exports as exports
from services.dynamodb import test_global_tables as global_tables
from services.dynamodb import test_imports as imports
from services.kinesis import streaming
from services.s3 import test_bucket_settings as bucket_settings
from services.s3 import test_notifications as notifications
from services.s3 import test_replication as replication
from services.s3 import time_calls
from services.s3.time_calls import put as put_object
from services.s3control import test_jobs as batch_jobs
from services.ssm import runbook_calls as runbooks
from services.ssm import test_associations as associations
from worlds.restarting import DAY_S, Work, bodies, done, url


class Notification:
    """Events of objects, to a queue."""

    lasts_s = 600

    async def begin(self, aws: Aws) -> None:
        aws.s3.create_bucket({"Bucket": "time-bucket"})
        notifications.queue(aws, "time-bucket")
        notifications.configure(aws, "time-bucket", notifications.to_queue(["s3:ObjectCreated:*"]))
        await aws.advance(seconds=60)
        for key in ("a", "b"):
            put_object(aws, "time-bucket", key)

    async def check(self, aws: Aws) -> None:
        told = [json.loads(body) for body in bodies(aws, "events")]
        keys = {each["Records"][0]["s3"]["object"]["key"] for each in told if "Records" in each}
        assert keys == {"a", "b"}


class Replication:
    """Objects on their way to another bucket."""

    lasts_s = 3_600

    async def begin(self, aws: Aws) -> None:
        replication.both(aws)
        replication.role(aws, *replication.READING, *replication.WRITING)
        replication.configure(aws)
        for key in ("a", "b"):
            put_object(aws, replication.SOURCE, key)

    async def check(self, aws: Aws) -> None:
        for key in ("a", "b"):
            assert replication.status(aws, key=key) == "COMPLETED", key
            assert replication.status(aws, replication.TARGET, key) == "REPLICA", key


class TableExport:
    """An export of a table."""

    lasts_s = 3_600

    async def begin(self, aws: Aws) -> None:
        await exports.ready(aws)
        await done(aws.dynamodb.put_item({"TableName": "orders", "Item": tables.item("a")}))
        await aws.advance(seconds=60)
        self.arn = exports.export(aws)["ExportArn"]

    async def check(self, aws: Aws) -> None:
        told = exports.described(aws, self.arn)
        assert (told["ExportStatus"], told.get("ItemCount")) == ("COMPLETED", 1)


class TableImport:
    """A table that is made of what is in a bucket."""

    lasts_s = 3_600

    async def begin(self, aws: Aws) -> None:
        aws.s3.create_bucket({"Bucket": "imports"})
        imports.put(aws, "data/1.json", '{"Item":{"pk":{"S":"a"}}}\n{"Item":{"pk":{"S":"b"}}}\n')
        self.arn = imports.begin(aws)["ImportArn"]

    async def check(self, aws: Aws) -> None:
        told = aws.dynamodb.describe_import({"ImportArn": self.arn})["ImportTableDescription"]
        assert told["ImportStatus"] == "COMPLETED", told
        assert told["ImportedItemCount"] == 2
        assert len(imports.items(aws)) == 2


class TableDestination:
    """A table's changes, to a stream."""

    lasts_s = 600

    async def begin(self, aws: Aws) -> None:
        await tables.made(aws)
        await streaming.make(aws)
        asked = {"TableName": "orders", "StreamArn": streaming.ARN}
        await done(aws.dynamodb.enable_kinesis_streaming_destination(asked))
        await aws.advance(seconds=60)
        for name in ("a", "b"):
            await done(aws.dynamodb.put_item({"TableName": "orders", "Item": tables.item(name)}))

    async def check(self, aws: Aws) -> None:
        found = {json.loads(each)["dynamodb"]["Keys"]["pk"]["S"] for each in streaming.got(aws)}
        assert found == {"a", "b"}


class Runbook:
    """A runbook of several steps, in a role."""

    lasts_s = 300

    async def begin(self, aws: Aws) -> None:
        steps = [
            runbooks.api("make", "sqs", "CreateQueue", QueueName="made"),
            runbooks.step("rest", "sleep", Duration="PT5S"),
            runbooks.api("send", "sqs", "SendMessage", QueueUrl=url("made"), MessageBody="sent"),
        ]
        role = runbooks.role(aws, "works", {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"})
        self.id = runbooks.started(aws, runbooks.made(aws, *steps, assumeRole=role))

    async def check(self, aws: Aws) -> None:
        assert runbooks.execution(aws, self.id)["AutomationExecutionStatus"] == "Success"
        assert bodies(aws, "made") == ["sent"]


class BatchJob:
    """A batch job over objects, and its report."""

    lasts_s = 600

    async def begin(self, aws: Aws) -> None:
        self.job = aws.s3control.create_job(batch_jobs.prepared(aws))["JobId"]

    async def check(self, aws: Aws) -> None:
        told = batch_jobs.described(aws, self.job)
        assert told["Status"] == "Complete", told
        assert told["ProgressSummary"]["NumberOfTasksSucceeded"] == 2


class Inventory:
    """An inventory every day."""

    lasts_s = 3 * DAY_S + 3_600

    async def begin(self, aws: Aws) -> None:
        bucket, target = time_calls.made(aws), time_calls.made(aws, "inventory-bucket")
        time_calls.allow(aws, target, "s3.amazonaws.com", "s3:PutObject")
        bucket_settings.take_inventory(aws, bucket, bucket_settings.inventory(target))

    async def check(self, aws: Aws) -> None:
        days = {key.split("/")[3][:10] for key in time_calls.keys(aws, "inventory-bucket") if "manifest.json" in key}
        assert {"2026-01-02", "2026-01-03", "2026-01-04"} <= days


class UserImport:
    """Users that come from a file."""

    lasts_s = 300

    async def begin(self, aws: Aws) -> None:
        user_imports.log_role(aws)
        pool = await signing.new_pool(aws, AutoVerifiedAttributes=["email"])
        asked = {"UserPoolId": pool.id, "JobName": "all", "CloudWatchLogsRoleArn": user_imports.ROLE}
        job = pool.idp.create_user_import_job(asked)["UserImportJob"]
        self.where = {"UserPoolId": pool.id, "JobId": job["JobId"]}
        file = user_imports.table(pool, *(user_imports.person(f"user{number}") for number in range(120)))
        assert await user_imports.put(aws, job["PreSignedUrl"], file) == 200
        pool.idp.start_user_import_job(self.where)

    async def check(self, aws: Aws) -> None:
        idp = getattr(aws, "cognito-idp")
        told = idp.describe_user_import_job(self.where)["UserImportJob"]
        assert told["Status"] == "Succeeded", told
        pool = idp.describe_user_pool({"UserPoolId": self.where["UserPoolId"]})["UserPool"]
        assert pool["EstimatedNumberOfUsers"] == 120
        assert told["ImportedUsers"] + told["SkippedUsers"] >= 120


class Association:
    """A runbook every day."""

    lasts_s = 3 * DAY_S + 3_600

    async def begin(self, aws: Aws) -> None:
        runbooks.made(aws, runbooks.api("make", "sqs", "CreateQueue", QueueName="orders"))
        self.id = associations.associated(aws, ScheduleExpression="rate(1 day)")

    async def check(self, aws: Aws) -> None:
        found = associations.runs(aws, self.id)
        assert len(found) >= 4
        assert set(found) == {"Success"}


class ScheduledScaling:
    """Capacity that is set by the clock."""

    lasts_s = 3_600

    async def begin(self, aws: Aws) -> None:
        await scaling.table(aws)
        await scaling.register(aws)
        scaling.scaling(aws).put_scheduled_action(
            {
                **scaling.WRITES,
                "ScheduledActionName": "morning",
                "Schedule": "cron(10 * * * ? *)",
                "ScalableTargetAction": {"MinCapacity": 50},
            }
        )

    async def check(self, aws: Aws) -> None:
        table = aws.dynamodb.describe_table({"TableName": "orders"})["Table"]
        assert table["ProvisionedThroughput"]["WriteCapacityUnits"] == 50
        told = scaling.scaling(aws).describe_scaling_activities({"ServiceNamespace": "dynamodb"})["ScalingActivities"]
        assert {each["StatusCode"] for each in told} == {"Successful"}, told


class Replica:
    """A table in another region, and what is written meanwhile."""

    lasts_s = 3_600

    async def begin(self, aws: Aws) -> None:
        await global_tables.replicated(aws)
        for name in ("a", "b"):
            aws.dynamodb.put_item({"TableName": "orders", "Item": tables.item(name)})

    async def check(self, aws: Aws) -> None:
        there = aws.in_region("eu-west-1")
        assert [global_tables.got(there, name) is not None for name in ("before", "a", "b")] == [True] * 3


WORK: list[type[Work]] = [
    Notification,
    Replication,
    TableExport,
    TableImport,
    TableDestination,
    Runbook,
    BatchJob,
    Inventory,
    UserImport,
    Association,
    ScheduledScaling,
    Replica,
]
