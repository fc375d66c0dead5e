from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.secretsmanager import rotating
from foulweather.services.secretsmanager.schedules import next_window
from foulweather.services.secretsmanager.state import Secret
from foulweather.world.world import World
from harness import Aws, new_aws
from services.secretsmanager.secret_calls import DAY_S, allow, made, put, refused, stages, token, user, value

MARKED = "You can't perform this operation on the secret because it was marked for deletion."
FUNCTION = "arn:aws:lambda:us-east-1:111122223333:function:rotate"
EU = "eu-west-1"


async def test_a_secret_marked_for_deletion_answers_nothing_until_restored(aws: Aws) -> None:
    arn = await made(aws)
    deleted = aws.secretsmanager.delete_secret({"SecretId": arn, "RecoveryWindowInDays": 7})
    assert deleted["DeletionDate"] == aws.now + 7 * DAY_S * 1000
    for attempt in (value(aws, arn), put(aws, arn, "new", 2)):
        with pytest.raises(AwsError) as raised:
            await attempt
        assert refused(raised) == ("InvalidRequestException", MARKED)
    with pytest.raises(AwsError, match="already scheduled for deletion"):
        await made(aws, number=5)
    assert aws.secretsmanager.list_secrets()["SecretList"] == []
    assert len(aws.secretsmanager.list_secrets({"IncludePlannedDeletion": True})["SecretList"]) == 1
    await aws.advance(seconds=7 * DAY_S - 1)
    aws.secretsmanager.restore_secret({"SecretId": arn})
    await aws.advance(seconds=DAY_S)
    assert await value(aws, arn) == "hunter2"


async def test_the_end_of_the_window_deletes_for_good(aws: Aws) -> None:
    arn = await made(aws)
    aws.secretsmanager.delete_secret({"SecretId": arn})
    await aws.advance(seconds=30 * DAY_S - 1)
    assert aws.secretsmanager.describe_secret({"SecretId": arn})["DeletedDate"]
    await aws.advance(seconds=1)
    with pytest.raises(AwsError) as raised:
        aws.secretsmanager.restore_secret({"SecretId": arn})
    assert raised.value.code == "ResourceNotFoundException"
    assert await made(aws) != arn


async def test_force_deletes_at_once_and_what_is_not_there(aws: Aws) -> None:
    await made(aws)
    delete = aws.secretsmanager.delete_secret
    delete({"SecretId": "prod/db", "ForceDeleteWithoutRecovery": True})
    delete({"SecretId": "prod/db", "ForceDeleteWithoutRecovery": True})
    with pytest.raises(AwsError):
        delete({"SecretId": "prod/db"})
    for members in ({"RecoveryWindowInDays": 6}, {"RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": True}):
        with pytest.raises(AwsError) as raised:
            delete({"SecretId": "prod/db", **members})
        assert raised.value.code == "InvalidParameterException"


async def test_a_world_opened_again_has_its_secrets(tmp_path: Path) -> None:
    aws = new_aws(directory=tmp_path)
    await made(aws)
    aws.world.store.commit()
    aws.world.close()
    again = new_aws(world=World(directory=tmp_path, mode="held"))
    assert await value(again, "prod/db") == "hunter2"


async def test_a_replica_follows_after_a_moment_and_takes_no_orders(aws: Aws) -> None:
    arn = await made(aws, AddReplicaRegions=[{"Region": EU}])
    there, replica = aws.in_region(EU), arn.replace("us-east-1", EU)
    with pytest.raises(AwsError):
        await value(there, replica)
    await aws.advance(seconds=5)
    assert await value(there, replica) == "hunter2"
    status = aws.secretsmanager.describe_secret({"SecretId": arn})["ReplicationStatus"]
    assert [(one["Region"], one["Status"]) for one in status] == [(EU, "InSync")]
    await put(aws, arn, "two", 2)
    assert await value(there, "prod/db") == "hunter2"
    await aws.advance(seconds=5)
    assert await value(there, "prod/db") == "two"
    with pytest.raises(AwsError, match="Operation not permitted on a replica secret"):
        await put(there, "prod/db", "three", 3)
    with pytest.raises(AwsError, match="still has regional replicas"):
        aws.secretsmanager.delete_secret({"SecretId": arn})


async def test_a_replica_can_be_promoted_or_removed(aws: Aws) -> None:
    arn = await made(aws)
    asked = {"SecretId": arn, "AddReplicaRegions": [{"Region": EU}, {"Region": "us-west-2"}]}
    await aws.secretsmanager.replicate_secret_to_regions(asked)
    await aws.advance(seconds=5)
    there = aws.in_region(EU)
    there.secretsmanager.stop_replication_to_replica({"SecretId": "prod/db"})
    await put(there, "prod/db", "ours", 2)
    asked = {"SecretId": arn, "RemoveReplicaRegions": ["us-west-2"]}
    assert aws.secretsmanager.remove_regions_from_replication(asked)["ReplicationStatus"] == []
    with pytest.raises(AwsError):
        await value(aws.in_region("us-west-2"), "prod/db")
    assert (await value(there, "prod/db"), await value(aws, arn)) == ("ours", "hunter2")


async def test_a_name_that_is_taken_in_the_other_region_fails_the_replica(aws: Aws) -> None:
    await made(aws.in_region(EU), value="theirs")
    arn = await made(aws, AddReplicaRegions=[{"Region": EU}])
    await aws.advance(seconds=5)
    (status,) = aws.secretsmanager.describe_secret({"SecretId": arn})["ReplicationStatus"]
    assert status["Status"] == "Failed"
    assert "already exists in region eu-west-1" in status["StatusMessage"]
    assert await value(aws.in_region(EU), "prod/db") == "theirs"


async def test_rotation_needs_a_function_and_says_what_is_not_built(aws: Aws) -> None:
    await made(aws)
    asked = {"SecretId": "prod/db", "ClientRequestToken": token(2)}
    with pytest.raises(AwsError) as raised:
        await aws.secretsmanager.rotate_secret(asked)
    assert refused(raised) == (
        "InvalidRequestException",
        "No Lambda rotation function ARN is associated with this secret.",
    )
    with pytest.raises(AwsError) as raised:
        await aws.secretsmanager.rotate_secret(asked | {"ExternalSecretRotationRoleArn": "arn:aws:iam::1:role/rotator"})
    assert raised.value.code == "NotImplemented"


async def test_a_function_that_cannot_be_invoked_leaves_the_secret_as_it_was(aws: Aws) -> None:
    await made(aws)
    with pytest.raises(AwsError) as raised:
        await aws.secretsmanager.rotate_secret(rotation())
    assert raised.value.code in ("NotImplemented", "AccessDeniedException")
    assert "lambda" in str(raised.value.why).lower()
    assert "RotationEnabled" not in aws.secretsmanager.describe_secret({"SecretId": "prod/db"})


class Function:
    """A rotation function, played: it does what AWS's templates do."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.steps: list[str] = []
        self.tried: list[str] = []
        self.fails_at = ""

    async def __call__(self, call: Call, secret: Secret, request: dict[str, Any]) -> dict[str, Any]:
        if request.get("InvocationType") == "DryRun":
            return {}
        event = json.loads(request["Payload"])
        self.steps.append(event["Step"])
        if event["Step"] == self.fails_at:
            return {"FunctionError": "Unhandled"}
        secret_id, new = event["SecretId"], event["ClientRequestToken"]
        sm = self.aws.secretsmanager
        if "AWSPENDING" not in sm.describe_secret({"SecretId": secret_id})["VersionIdsToStages"][new]:
            raise ValueError(f"Secret version {new} not set as AWSPENDING for rotation of secret {secret_id}.")
        if event["Step"] == "createSecret":
            try:
                await sm.get_secret_value({"SecretId": secret_id, "VersionId": new, "VersionStage": "AWSPENDING"})
                return {}
            except AwsError as error:
                if error.code != "ResourceNotFoundException":
                    raise
            asked = {"SecretId": secret_id, "ClientRequestToken": new, "VersionStages": ["AWSPENDING"]}
            await sm.put_secret_value(asked | {"SecretString": f"rotated {len(self.steps)}"})
        elif event["Step"] == "testSecret":
            asked = {"SecretId": secret_id, "VersionId": new, "VersionStage": "AWSPENDING"}
            self.tried.append((await sm.get_secret_value(asked))["SecretString"])
        elif event["Step"] == "finishSecret":
            held = sm.describe_secret({"SecretId": secret_id})["VersionIdsToStages"]
            old = next(each for each, labels in held.items() if "AWSCURRENT" in labels)
            asked = {"SecretId": secret_id, "VersionStage": "AWSCURRENT"}
            sm.update_secret_version_stage(asked | {"MoveToVersionId": new, "RemoveFromVersionId": old})
            asked = {"SecretId": secret_id, "VersionStage": "AWSPENDING", "RemoveFromVersionId": new}
            sm.update_secret_version_stage(asked)
        return {}


@pytest.fixture
def function(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Function:
    played = Function(aws)
    monkeypatch.setattr(rotating, "_invoke", played)
    return played


def rotation(**rules: Any) -> dict[str, Any]:
    asked = {"SecretId": "prod/db", "ClientRequestToken": token(2), "RotationLambdaARN": FUNCTION}
    return asked | ({"RotationRules": rules} if rules else {})


async def test_a_rotation_goes_through_its_steps_now_and_by_the_clock(aws: Aws, function: Function) -> None:
    await made(aws)
    await aws.secretsmanager.rotate_secret(rotation(AutomaticallyAfterDays=10))
    await aws.advance(seconds=1)
    assert await value(aws, "prod/db") == "rotated 1"
    assert function.steps == list(rotating.STEPS)
    described = aws.secretsmanager.describe_secret({"SecretId": "prod/db"})
    assert described["RotationEnabled"]
    assert described["NextRotationDate"] == aws.now - 1000 + 11 * DAY_S * 1000
    await aws.advance(seconds=10 * DAY_S - 10)
    assert len(function.steps) == 4
    await aws.advance(seconds=DAY_S + 10)
    assert len(function.steps) == 8
    assert await value(aws, "prod/db", VersionStage="AWSPREVIOUS") == "rotated 1"
    aws.secretsmanager.cancel_rotate_secret({"SecretId": "prod/db"})
    await aws.advance(seconds=40 * DAY_S)
    assert len(function.steps) == 8


async def test_a_value_put_by_hand_puts_the_next_rotation_off(aws: Aws, function: Function) -> None:
    await made(aws)
    asked = rotation(AutomaticallyAfterDays=10) | {"RotateImmediately": False}
    await aws.secretsmanager.rotate_secret(asked)
    await aws.advance(seconds=6 * DAY_S)
    await put(aws, "prod/db", "by hand", 3)
    assert function.steps == ["testSecret"]
    await aws.advance(seconds=10 * DAY_S - 1)
    assert function.steps == ["testSecret"]
    await aws.advance(seconds=DAY_S + 1)
    assert len(function.steps) == 5


async def test_a_rotation_that_fails_leaves_the_value_and_is_told(aws: Aws, function: Function) -> None:
    await made(aws)
    function.fails_at = "setSecret"
    await aws.secretsmanager.rotate_secret(rotation())
    await aws.advance(seconds=1)
    assert await value(aws, "prod/db") == "hunter2"
    assert aws.events("secretsmanager.RotationFailed")[0].facts == {"step": "setSecret"}
    asked = rotation() | {"ClientRequestToken": token(3)}
    for _ in range(2):
        with pytest.raises(AwsError, match="A previous rotation isn't complete"):
            await aws.secretsmanager.rotate_secret(asked)
        assert aws.secretsmanager.cancel_rotate_secret({"SecretId": "prod/db"})["VersionId"] == token(2)
    gone = {"SecretId": "prod/db", "VersionStage": "AWSPENDING", "RemoveFromVersionId": token(2)}
    aws.secretsmanager.update_secret_version_stage(gone)
    function.fails_at = ""
    await aws.secretsmanager.rotate_secret(rotation() | {"ClientRequestToken": token(3)})
    await aws.advance(seconds=1)
    assert (await value(aws, "prod/db")).startswith("rotated")


async def test_a_schedule_without_immediate_rotation_waits_for_its_window(aws: Aws, function: Function) -> None:
    await made(aws)
    asked = rotation(ScheduleExpression="cron(0 16 1 * ? *)", Duration="2h") | {"RotateImmediately": False}
    assert "VersionId" not in await aws.secretsmanager.rotate_secret(asked)
    await aws.advance(seconds=16 * 3600 - 1)
    assert function.steps == ["testSecret"]
    await aws.advance(seconds=2 * 3600 + 1)
    assert len(function.steps) == 5


async def test_a_schedule_is_tried_out_with_the_value_there_and_leaves_no_trace(aws: Aws, function: Function) -> None:
    await made(aws)
    asked = rotation(AutomaticallyAfterDays=10) | {"RotateImmediately": False}
    await aws.secretsmanager.rotate_secret(asked)
    await aws.advance(seconds=1)
    assert function.tried == ["hunter2"]
    assert stages(aws, "prod/db") == {token(1): ["AWSCURRENT"]}
    assert len(aws.events("secretsmanager.TestRotationSucceeded")) == 1


async def test_a_failed_rotation_is_tried_again_with_the_same_version(aws: Aws, function: Function) -> None:
    await made(aws)
    function.fails_at = "createSecret"
    await aws.secretsmanager.rotate_secret(rotation(AutomaticallyAfterDays=10))
    await aws.advance(seconds=1)
    assert stages(aws, "prod/db") == {token(1): ["AWSCURRENT"], token(2): ["AWSPENDING"]}
    for members in ({"VersionStage": "AWSPENDING"}, {"VersionId": token(2)}):
        with pytest.raises(AwsError) as raised:
            await value(aws, "prod/db", **members)
        assert raised.value.code == "ResourceNotFoundException"
    function.fails_at = ""
    await aws.advance(seconds=60)
    assert (await value(aws, "prod/db")).startswith("rotated")
    assert stages(aws, "prod/db")[token(2)] == ["AWSCURRENT"]
    kinds = [event.kind.partition(".")[2] for event in aws.world.journal if "Rotation" in event.kind]
    assert kinds == ["RotationSet", "RotationStarted", "RotationFailed", "RotationSucceeded"]


async def test_a_rotation_given_up_is_taken_up_in_the_next_window(aws: Aws, function: Function) -> None:
    await made(aws)
    function.fails_at = "setSecret"
    await aws.secretsmanager.rotate_secret(rotation(AutomaticallyAfterDays=10))
    await aws.advance(seconds=DAY_S)
    assert len(aws.events("secretsmanager.RotationFailed")) == 6
    function.fails_at = ""
    await aws.advance(seconds=10 * DAY_S)
    assert stages(aws, "prod/db")[token(2)] == ["AWSCURRENT"]


async def test_who_sets_a_rotation_up_may_invoke_its_function(aws: Aws, function: Function) -> None:
    await made(aws)
    rotator = user(aws, "rotator", allow("secretsmanager:*"))
    with pytest.raises(AwsError) as raised:
        await rotator.secretsmanager.rotate_secret(rotation())
    assert raised.value.code == "AccessDeniedException"
    assert "lambda:InvokeFunction" in raised.value.message
    able = user(aws, "able", allow("secretsmanager:*"), allow("lambda:InvokeFunction", resource=FUNCTION))
    assert (await able.secretsmanager.rotate_secret(rotation()))["VersionId"] == token(2)


@pytest.mark.parametrize(
    "rules",
    [
        {"AutomaticallyAfterDays": 1, "ScheduleExpression": "rate(1 day)"},
        {"Duration": "2h"},
        {"ScheduleExpression": "rate(3 hours)"},
        {"ScheduleExpression": "cron(5 8 * * ? *)"},
        {"ScheduleExpression": "cron(0 8 * * * *)"},
        {"ScheduleExpression": "cron(0 20 * * ? *)", "Duration": "5h"},
        {"ScheduleExpression": "at(noon)"},
    ],
)
async def test_a_schedule_that_is_none_is_refused(aws: Aws, function: Function, rules: dict[str, Any]) -> None:
    await made(aws)
    with pytest.raises(AwsError) as raised:
        await aws.secretsmanager.rotate_secret(rotation(**rules))
    assert raised.value.code == "InvalidParameterException"


def test_windows_open_as_the_guide_says() -> None:
    start = 1_767_225_600_000  # Thursday, 2026-01-01T00:00Z
    hour = 3_600_000
    assert next_window(0, "cron(0 8 ? * 2#1 *)", "", start).opens_ms == start + (4 * 24 + 8) * hour  # first Monday
    assert next_window(0, "cron(0 8 L * ? *)", "", start).opens_ms == start + (30 * 24 + 8) * hour
    assert next_window(0, "cron(0 */8 * * ? *)", "", start) == (start + 8 * hour, start + 9 * hour)
    assert next_window(0, "rate(4 hours)", "", start + 1) == (start + 4 * hour, start + 5 * hour)
    assert next_window(0, "rate(2 days)", "3h", start + hour) == (start + 48 * hour, start + 51 * hour)


async def test_a_replica_whose_key_the_caller_may_not_use_fails_and_says_so(aws: Aws) -> None:
    key = aws.in_region(EU).kms.create_key({})["KeyMetadata"]["Arn"]
    writer = user(aws, "writer", allow("secretsmanager:*"))
    arn = await made(writer, AddReplicaRegions=[{"Region": EU, "KmsKeyId": key}])
    await aws.advance(seconds=5)
    (status,) = aws.secretsmanager.describe_secret({"SecretId": arn})["ReplicationStatus"]
    assert (status["Status"], status["StatusMessage"]) == ("Failed", "Access to KMS is not allowed")
    assert await value(aws, arn) == "hunter2"
    await put(aws, arn, "by one who may", 2)
    await aws.advance(seconds=5)
    assert await value(aws.in_region(EU), "prod/db") == "by one who may"
