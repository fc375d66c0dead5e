from __future__ import annotations

import json
from typing import Any

import pytest

from foulweather.kernel.credentials import Session
from foulweather.kernel.errors import AwsError
from foulweather.policy import principal as principals
from foulweather.policy.principal import Principal
from foulweather.services.sts import authorization_message
from harness import ACCOUNT, Aws
from services.sts.alone import sts_alone


@pytest.mark.parametrize(
    ("principal", "said"),
    [
        (principals.root(ACCOUNT), {"UserId": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:root"}),
        (
            Principal("user", f"arn:aws:iam::{ACCOUNT}:user/ops/alice", ACCOUNT, "AIDA1"),
            {"UserId": "AIDA1", "Arn": f"arn:aws:iam::{ACCOUNT}:user/ops/alice"},
        ),
        (
            Principal("assumed-role", f"arn:aws:sts::{ACCOUNT}:assumed-role/R/s", ACCOUNT, "AROA1:s", "arn:role"),
            {"UserId": "AROA1:s", "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/R/s"},
        ),
        (
            Principal("federated-user", f"arn:aws:sts::{ACCOUNT}:federated-user/bob", ACCOUNT, f"{ACCOUNT}:bob"),
            {"UserId": f"{ACCOUNT}:bob", "Arn": f"arn:aws:sts::{ACCOUNT}:federated-user/bob"},
        ),
    ],
)
def test_everybody_is_told_who_they_are(aws: Aws, principal: Principal, said: dict[str, str]) -> None:
    assert aws.as_principal(principal).sts.get_caller_identity() == {"Account": ACCOUNT, **said}


def test_nobody_can_be_denied_to_know_who_they_are(aws: Aws, alice: Aws, directory: Any) -> None:
    directory.allow(alice.principal.arn, "*", effect="Deny")
    assert alice.sts.get_caller_identity()["Arn"] == alice.principal.arn


def test_a_key_tells_its_account(aws: Aws) -> None:
    key = aws.sts.get_session_token({})["Credentials"]["AccessKeyId"]
    assert aws.in_account("444455556666").sts.get_access_key_info({"AccessKeyId": key}) == {"Account": ACCOUNT}
    with pytest.raises(AwsError) as caught:
        aws.sts.get_access_key_info({"AccessKeyId": "AKIAIOSFODNN7EXAMPLE"})
    assert caught.value.code == "ValidationError"


def test_an_authorization_message_is_decoded_by_its_own_world(aws: Aws, alice: Aws) -> None:
    described = authorization_message.described(
        alice.principal, "ec2:StopInstances", "arn:aws:ec2:x", {"ec2:Region": "x"}, explicit_deny=False
    )
    message = authorization_message.encode(aws.world, described)
    decoded = json.loads(alice.sts.decode_authorization_message({"EncodedMessage": message})["DecodedMessage"])
    assert decoded["allowed"] is False
    assert decoded["context"]["principal"] == {
        "id": alice.principal.user_id,
        "name": "alice",
        "arn": alice.principal.arn,
    }
    assert decoded["context"]["conditions"]["items"] == [{"key": "ec2:Region", "values": {"items": [{"value": "x"}]}}]
    for bad in (message[:-4], f"{message[:-2]}xx", "nonsense", message + "\n", "é"):
        with pytest.raises(AwsError) as caught:
            aws.sts.decode_authorization_message({"EncodedMessage": bad})
        assert caught.value.code == "InvalidAuthorizationMessageException"
    with pytest.raises(AwsError):
        sts_alone(seed=2).sts.decode_authorization_message({"EncodedMessage": message})


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("decode_authorization_message", {"EncodedMessage": "x"}),
        ("get_access_key_info", {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE"}),
    ],
)
def test_a_session_token_serves_no_other_sts_call(
    aws: Aws, alice: Aws, operation: str, request_: dict[str, str]
) -> None:
    session = aws.as_principal(alice.principal, Session(issued_ms=aws.now))
    with pytest.raises(AwsError, match="with session credentials"):
        getattr(session.sts, operation)(request_)
    nobody = aws.as_principal(Principal("user", f"arn:aws:iam::{ACCOUNT}:user/eve", ACCOUNT, "AIDA2"))
    with pytest.raises(AwsError, match="is not authorized to perform: sts:"):
        getattr(nobody.sts, operation)(request_)


@pytest.mark.parametrize("name", ["assume_root", "get_web_identity_token", "get_delegated_access_token"])
def test_what_is_not_built_says_so(aws: Aws, name: str) -> None:
    with pytest.raises(AwsError) as caught:
        getattr(aws.sts, name)({})
    assert caught.value.status == 501
