"""Customer managed keys: https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html"""

from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import Principal
from harness import ACCOUNT, Aws
from services.stepfunctions.workflows import PASS, Workflows, flow

MACHINE = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:machine"
ROLE_NEEDS = ("kms:GenerateDataKey", "kms:Decrypt")
WAITS = flow(("Wait", {"Type": "Wait", "Seconds": 60}))


def key(aws: Aws) -> str:
    """A key whose policy leaves it to the account's policies."""
    return aws.kms.create_key({})["KeyMetadata"]["Arn"]


def encrypted(kms_key: str, **more: Any) -> dict[str, Any]:
    return {"encryptionConfiguration": {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": kms_key, **more}}


def user(aws: Aws, *actions: str, **condition: Any) -> Aws:
    made = aws.iam.create_user({"UserName": "ann"})["User"]
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*", **condition}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.iam.put_user_policy({"UserName": "ann", "PolicyName": "p", "PolicyDocument": document})
    return aws.as_principal(Principal("user", made["Arn"], ACCOUNT, made["UserId"]))


def test_a_machine_shows_its_key_and_how_long_a_data_key_is_used(flows: Workflows) -> None:
    found = key(flows.aws)
    arn = flows.machine(flow(("Look", PASS)), *ROLE_NEEDS, **encrypted(found))
    told = flows.sfn.describe_state_machine({"stateMachineArn": arn})["encryptionConfiguration"]
    assert told == {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": found, "kmsDataKeyReusePeriodSeconds": 300}
    flows.sfn.update_state_machine({"stateMachineArn": arn, "encryptionConfiguration": {"type": "AWS_OWNED_KEY"}})
    told = flows.sfn.describe_state_machine({"stateMachineArn": arn})["encryptionConfiguration"]
    assert told == {"type": "AWS_OWNED_KEY"}


def test_a_key_that_cannot_encrypt_is_refused(flows: Workflows) -> None:
    aws = flows.aws
    disabled = key(aws)
    aws.kms.disable_key({"KeyId": disabled})
    rsa = aws.kms.create_key({"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"})["KeyMetadata"]["Arn"]
    role = flows.role()
    for each in (disabled, rsa, disabled[:-4] + "0000"):
        with pytest.raises(AwsError) as caught:
            flows.machine(flow(("Look", PASS)), role=role, **encrypted(each))
        assert caught.value.code == "InvalidEncryptionConfiguration"
    assert flows.sfn.list_state_machines({})["stateMachines"] == []


def test_who_makes_a_machine_needs_permissions_on_its_key(flows: Workflows) -> None:
    made, role = key(flows.aws), flows.role()
    ann = Workflows(user(flows.aws, "states:*", "iam:PassRole"))
    with pytest.raises(AwsError) as caught:
        ann.machine(flow(("Look", PASS)), role=role, **encrypted(made))
    assert (caught.value.code, caught.value.why.because[0].decision) == ("KmsAccessDeniedException", "denied")


async def test_what_is_encrypted_is_shown_to_who_may_decrypt_and_the_rest_to_everybody(flows: Workflows) -> None:
    found = key(flows.aws)
    machine = flows.machine(flow(("Look", PASS)), *ROLE_NEEDS, **encrypted(found))
    execution = flows.start(machine, {"secret": 7})
    ann = user(flows.aws, "states:*").stepfunctions
    for operation, asked in (
        (ann.describe_state_machine, {"stateMachineArn": machine}),
        (ann.describe_execution, {"executionArn": execution}),
        (ann.describe_state_machine_for_execution, {"executionArn": execution}),
    ):
        with pytest.raises(AwsError) as caught:
            operation(asked)
        assert caught.value.code == "KmsAccessDeniedException"
        told = operation({**asked, "includedData": "METADATA_ONLY"})
        assert "secret" not in json.dumps(told)
    with pytest.raises(AwsError, match="kms:Decrypt"):
        ann.get_execution_history({"executionArn": execution})
    assert ann.get_execution_history({"executionArn": execution, "includeExecutionData": False})["events"]


async def test_the_encryption_context_is_the_machines_arn(flows: Workflows) -> None:
    machine = flows.machine(flow(("Look", PASS)), *ROLE_NEEDS, **encrypted(key(flows.aws)))
    elsewhere = flows.machine(flow(("Look", PASS)), *ROLE_NEEDS, name="elsewhere", **encrypted(key(flows.aws)))
    context = {"kms:EncryptionContext:aws:states:stateMachineArn": MACHINE}
    via = {"kms:ViaService": "states.us-east-1.amazonaws.com"}
    ann = user(flows.aws, "states:*", "kms:Decrypt", Condition={"StringEquals": context}).stepfunctions
    with pytest.raises(AwsError):
        ann.describe_state_machine({"stateMachineArn": machine})  # states:* is bound to that context too
    statements = [
        {"Effect": "Allow", "Action": "states:*", "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": "*",
            "Condition": {"StringEquals": {**context, **via}},
        },
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    flows.aws.iam.put_user_policy({"UserName": "ann", "PolicyName": "p", "PolicyDocument": document})
    assert ann.describe_state_machine({"stateMachineArn": machine})["definition"]
    with pytest.raises(AwsError, match="kms:Decrypt"):
        ann.describe_state_machine({"stateMachineArn": elsewhere})


@pytest.mark.parametrize("missing", ROLE_NEEDS)
def test_an_execution_needs_its_role_to_use_the_key(flows: Workflows, missing: str) -> None:
    machine = flows.machine(flow(("Look", PASS)), *set(ROLE_NEEDS) - {missing}, **encrypted(key(flows.aws)))
    with pytest.raises(AwsError, match=missing) as caught:
        flows.start(machine)
    assert caught.value.code == "KmsAccessDeniedException"
    assert flows.sfn.list_executions({"stateMachineArn": machine})["executions"] == []


async def test_kms_is_asked_once_in_the_reuse_period(flows: Workflows) -> None:
    found = key(flows.aws)
    machine = flows.machine(flow(("Look", PASS)), *ROLE_NEEDS, **encrypted(found, kmsDataKeyReusePeriodSeconds=60))
    flows.start(machine)
    flows.aws.kms.disable_key({"KeyId": found})
    await flows.aws.advance(seconds=59)
    flows.start(machine)
    await flows.aws.advance(seconds=2)
    with pytest.raises(AwsError) as caught:
        flows.start(machine)
    assert (caught.value.code, caught.value.members) == ("KmsInvalidStateException", {"kmsKeyState": "DISABLED"})


async def test_stopping_without_error_and_cause_needs_no_key(flows: Workflows) -> None:
    found = key(flows.aws)
    machine = flows.machine(WAITS, *ROLE_NEEDS, **encrypted(found, kmsDataKeyReusePeriodSeconds=60))
    execution = flows.start(machine)
    await flows.aws.advance(seconds=59)
    second = flows.start(machine)
    flows.aws.kms.disable_key({"KeyId": found})
    await flows.aws.advance(seconds=2)
    with pytest.raises(AwsError) as caught:
        flows.sfn.stop_execution({"executionArn": second, "cause": "enough"})
    assert caught.value.code == "KmsInvalidStateException"
    flows.sfn.stop_execution({"executionArn": second})
    told = flows.sfn.describe_execution({"executionArn": second, "includedData": "METADATA_ONLY"})
    assert told["status"] == "ABORTED"
    assert execution != second


async def test_a_synchronous_execution_needs_the_key_too(flows: Workflows) -> None:
    machine = flows.machine(flow(("Look", PASS)), *ROLE_NEEDS, type="EXPRESS", **encrypted(key(flows.aws)))
    assert (await flows.sfn.start_sync_execution({"stateMachineArn": machine}))["status"] == "SUCCEEDED"
    ann = user(flows.aws, "states:*").stepfunctions
    with pytest.raises(AwsError, match="kms:Decrypt"):
        await ann.start_sync_execution({"stateMachineArn": machine})
    told = await ann.start_sync_execution({"stateMachineArn": machine, "includedData": "METADATA_ONLY"})
    assert told["status"] == "SUCCEEDED"


async def test_a_worker_needs_to_decrypt_what_an_activity_hands_out(flows: Workflows) -> None:
    found = key(flows.aws)
    made = flows.sfn.create_activity({"name": "a", **encrypted(found)})["activityArn"]
    told = flows.sfn.describe_activity({"activityArn": made})["encryptionConfiguration"]
    assert told["kmsKeyId"] == found
    with pytest.raises(AwsError) as caught:
        flows.sfn.create_activity({"name": "a"})
    assert caught.value.code == "ActivityAlreadyExists"
    with pytest.raises(AwsError, match="kms:Decrypt"):
        user(flows.aws, "states:*").stepfunctions.get_activity_task({"activityArn": made})
