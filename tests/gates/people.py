"""Users, roles and their sessions, made by real operations."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from foulweather.gates.authenticate import authenticate
from foulweather.kernel.credentials import Credentials
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.policy.principal import Principal
from foulweather.services.iam.totp import STEP_MS, code_at
from gates.cli import run
from harness import ACCOUNT, START_MS, Aws

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
MINUTE_MS = 60_000
OTHER = "444455556666"
MEMBER = "222233334444"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def trust(principal: Any, **more: Any) -> str:
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more})


def user(aws: Aws, name: str, *statements: dict[str, Any]) -> Aws:
    """A new user, with one inline policy called `p` if there are statements."""
    made = aws.iam.create_user({"UserName": name})["User"]
    if statements:
        aws.iam.put_user_policy({"UserName": name, "PolicyName": "p", "PolicyDocument": document(*statements)})
    return aws.as_principal(Principal("user", made["Arn"], aws.account, made["UserId"]))


def role(aws: Aws, name: str, trusted: str, *statements: dict[str, Any]) -> str:
    """A new role's ARN."""
    arn = aws.iam.create_role({"RoleName": name, "AssumeRolePolicyDocument": trusted})["Role"]["Arn"]
    if statements:
        aws.iam.put_role_policy({"RoleName": name, "PolicyName": "p", "PolicyDocument": document(*statements)})
    return arn


def holder(aws: Aws, answer: dict[str, Any]) -> Aws:
    """Who holds the credentials in an answer of STS."""
    given = answer["Credentials"]

    class Proof:
        access_key_id = given["AccessKeyId"]
        token = given["SessionToken"]
        signature = canonical_request = string_to_sign = ""

        def matches(self, secret: str) -> bool:
            return secret == given["SecretAccessKey"]

    caller = authenticate(aws.world, Proof(), is_strict=True, family="query")
    assert aws.world.state(Credentials).by_id[Proof.access_key_id].session is not None
    return aws.as_principal(caller.principal, caller.session)


def assume(caller: Aws, arn: str, **more: Any) -> Aws:
    return holder(caller, caller.sts.assume_role({"RoleArn": arn, "RoleSessionName": "work", **more}))


def managed(aws: Aws, name: str, *statements: dict[str, Any]) -> str:
    made = aws.iam.create_policy({"PolicyName": name, "PolicyDocument": document(*statements)})
    return made["Policy"]["Arn"]


def queue(aws: Aws, name: str = "orders", policy: str = "") -> str:
    attributes = {"Policy": policy} if policy else {}
    return aws.sqs.create_queue({"QueueName": name, "Attributes": attributes})["QueueUrl"]


def queue_arn(name: str = "orders", account: str = ACCOUNT) -> str:
    return f"arn:aws:sqs:us-east-1:{account}:{name}"


def sending(caller: Aws, url: str) -> Any:
    return caller.sqs.send_message({"QueueUrl": url, "MessageBody": "hello"})


def refusal(operation: Any, *args: Any) -> AwsError:
    with pytest.raises(AwsError) as caught:
        operation(*args)
    return caught.value


def fact(error: AwsError, property_name: str) -> Fact:
    """The fact of the first cause with that property."""
    facts = error.why.first_cause().facts
    found = [one for one in facts if one.property == property_name]
    assert found, f"no {property_name} among {[one.property for one in facts]}"
    return found[0]


def later(aws: Aws) -> None:
    """A minute passes between what was set and what is tried."""
    aws.world.clock.move_to(aws.now + MINUTE_MS)


def set_by(one: Fact, operation: str, who: str = ROOT) -> None:
    """The fact says who set it, when, and by which operation."""
    assert one.set_by is not None, f"nobody set {one.property} of {one.resource}"
    assert (one.set_by.who, one.set_by.operation, one.set_by.at_ms) == (who, operation, START_MS)
    assert one.set_by.request_id


def mended(aws: Aws, error: AwsError, attempt: Callable[[], Any]) -> list[str]:
    """The remedy, carried out by the account's root user, lets the same call through."""
    remedy = error.why.remedy
    assert remedy, f"no remedy for: {error.why.first_cause().cause}"
    assert error.why.first_cause().remedy == remedy
    assert refusal(attempt).code == error.code, "time alone has mended it"
    for command in remedy:
        run(aws, command)
    assert attempt() is not None
    return list(remedy)


def with_phone(aws: Aws, caller: Aws, name: str) -> Callable[[], str]:
    """Give a user an MFA device, of another name than the user's; what it shows."""
    made = aws.iam.create_virtual_mfa_device({"VirtualMFADeviceName": "phone"})["VirtualMFADevice"]
    seed = made["Base32StringSeed"].decode()
    step = aws.now // STEP_MS
    aws.iam.enable_mfa_device(
        {
            "UserName": name,
            "SerialNumber": made["SerialNumber"],
            "AuthenticationCode1": code_at(seed, step - 1),
            "AuthenticationCode2": code_at(seed, step),
        }
    )
    return lambda: code_at(seed, aws.now // STEP_MS)
