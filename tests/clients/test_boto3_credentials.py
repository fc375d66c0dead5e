"""Whose request it is, over real HTTP: issued keys, sessions, presigned addresses, clocks that are off."""

from __future__ import annotations

import datetime
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.auth
import botocore.crt.auth
import pytest
from botocore.exceptions import ClientError

from clients.running import ACCOUNT, Cloud, Keys, policy, running

pytestmark = pytest.mark.client

WRONG_SECRETS = [
    ("sts", "get_caller_identity", "SignatureDoesNotMatch", 403),
    ("iam", "list_users", "SignatureDoesNotMatch", 403),
    ("sns", "list_topics", "SignatureDoesNotMatch", 403),
    ("sqs", "list_queues", "SignatureDoesNotMatch", 403),
    ("organizations", "describe_organization", "InvalidSignatureException", 400),
]
DELETED_KEYS = [
    ("sts", "get_caller_identity", "InvalidClientTokenId", 403),
    ("iam", "list_users", "InvalidClientTokenId", 403),
    ("sns", "list_topics", "InvalidClientTokenId", 403),
    ("sqs", "list_queues", "InvalidClientTokenId", 403),
    ("organizations", "describe_organization", "UnrecognizedClientException", 400),
]


def refusal(client: Any, operation: str, **request: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as refused:
        getattr(client, operation)(**request)
    answer = refused.value.response
    return answer["Error"]["Code"], answer["Error"]["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


@pytest.fixture(scope="module")
def owner(cloud: Cloud) -> Keys:
    return cloud.user("owner")


@pytest.mark.parametrize(("service", "operation", "code", "status"), WRONG_SECRETS)
def test_a_wrong_secret_is_refused(
    cloud: Cloud, owner: Keys, service: str, operation: str, code: str, status: int
) -> None:
    found = refusal(cloud.client(service, Keys(owner.access_key_id, "wrong")), operation)
    assert (found[0], found[2]) == (code, status)
    assert found[1].startswith("The request signature we calculated does not match the signature you provided.")


@pytest.mark.parametrize(("service", "operation", "code", "status"), DELETED_KEYS)
def test_a_deleted_key_is_refused(cloud: Cloud, service: str, operation: str, code: str, status: int) -> None:
    name = f"gone-{service}"
    keys = cloud.user(name)
    cloud.client("iam").delete_access_key(UserName=name, AccessKeyId=keys.access_key_id)
    found = refusal(cloud.client(service, keys), operation)
    assert found == (code, "The security token included in the request is invalid.", status)


def test_an_inactive_key_and_a_token_of_another_session_are_refused(cloud: Cloud) -> None:
    keys = cloud.user("resting")
    iam = cloud.client("iam")
    session = Keys.of(cloud.client("sts", keys).get_session_token())
    forged = Keys(session.access_key_id, session.secret, f"{session.token}x")
    assert refusal(cloud.client("sts", forged), "get_caller_identity")[0] == "InvalidClientTokenId"
    without = Keys(session.access_key_id, session.secret)
    assert refusal(cloud.client("sts", without), "get_caller_identity")[0] == "InvalidClientTokenId"
    assert cloud.client("sts", session).get_caller_identity()["Arn"].endswith(":user/resting")
    iam.update_access_key(UserName="resting", AccessKeyId=keys.access_key_id, Status="Inactive")
    assert refusal(cloud.client("sts", keys), "get_caller_identity")[0] == "InvalidClientTokenId"
    iam.update_access_key(UserName="resting", AccessKeyId=keys.access_key_id, Status="Active")
    assert cloud.client("sts", keys).get_caller_identity()["Account"] == ACCOUNT


def test_a_twelve_digit_key_is_the_root_user_of_its_account(cloud: Cloud) -> None:
    assert cloud.client("sts", Keys("222233334444")).get_caller_identity()["Arn"] == "arn:aws:iam::222233334444:root"


def opened(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_presigned_address_tells_who_signed_it(cloud: Cloud, owner: Keys) -> None:
    url = cloud.client("sts", owner).generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
    status, told = opened(url)
    assert status == 200
    assert f"<Arn>arn:aws:iam::{ACCOUNT}:user/owner</Arn>" in told
    assert opened(url.replace("Signature=", "Signature=0"))[0] == 403
    assert "SignatureDoesNotMatch" in opened(url.replace("GetCallerIdentity", "GetSessionToken"))[1]


@pytest.mark.parametrize("minutes", [-20, 20])
@pytest.mark.parametrize(
    ("service", "operation", "code", "status"),
    [
        ("sts", "get_caller_identity", "SignatureDoesNotMatch", 403),
        ("sqs", "list_queues", "SignatureDoesNotMatch", 403),
        ("iam", "list_users", "SignatureDoesNotMatch", 403),
    ],
)
def test_a_clock_that_is_off_is_told_so(
    cloud: Cloud,
    owner: Keys,
    monkeypatch: pytest.MonkeyPatch,
    minutes: int,
    service: str,
    operation: str,
    code: str,
    status: int,
) -> None:
    true_now = botocore.auth.get_current_datetime
    off = datetime.timedelta(minutes=minutes)
    # Where the AWS Common Runtime is installed, botocore signs with it.
    for signer in (botocore.auth, botocore.crt.auth):
        monkeypatch.setattr(signer, "get_current_datetime", lambda *some, **more: true_now(*some, **more) + off)
    found = refusal(cloud.client(service, owner), operation)
    wording = "Signature expired: " if minutes < 0 else "Signature not yet current: "
    assert found[1].startswith(wording)
    assert (found[0], found[2]) == (code, status)


@pytest.fixture
def later(tmp_path: Path) -> Iterator[Cloud]:
    """A server whose clock can be moved without harm to other tests."""
    with running(tmp_path) as cloud:
        yield cloud


def test_a_session_ends_on_the_world_s_clock(later: Cloud) -> None:
    user = later.user("short")
    trust = policy({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"})
    role = later.client("iam").create_role(RoleName="brief", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    sts = later.client("sts", user)
    session = Keys.of(sts.assume_role(RoleArn=role, RoleSessionName="brief", DurationSeconds=900))
    later.foulweather("clock", "advance", "14m")
    assert later.client("sts", session).get_caller_identity()["Account"] == ACCOUNT
    later.foulweather("clock", "advance", "2m")
    found = refusal(later.client("sts", session), "get_caller_identity")
    assert found == ("ExpiredToken", "The security token included in the request is expired", 403)
    assert refusal(later.client("sqs", session), "list_queues")[0] == "ExpiredToken"
    told, commands = later.why()
    assert "expired" in told
    assert commands[0].startswith(f"aws sts assume-role --role-arn {role} ")
    # Long-term keys sign by the machine's clock, and go on working in a world that is ahead.
    assert later.client("sts", user).get_caller_identity()["Account"] == ACCOUNT


def test_a_strict_server_knows_its_keys_only(tmp_path: Path) -> None:
    with running(tmp_path, "--strict") as cloud:
        assert refusal(cloud.client("sts"), "get_caller_identity")[0] == "InvalidClientTokenId"
