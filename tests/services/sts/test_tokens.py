from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.credentials import Credentials, Session
from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import Principal
from foulweather.world.world import World
from harness import ACCOUNT, Aws
from services.sts.alone import sts_alone

ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
MFA = f"arn:aws:iam::{ACCOUNT}:mfa/phone"
ALLOW_S3 = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}'


def credential_of(aws: Aws, response: dict[str, Any]) -> Any:
    return aws.world.state(Credentials).by_id[response["Credentials"]["AccessKeyId"]]


def refusal(operation: Any, request: dict[str, Any]) -> AwsError:
    with pytest.raises(AwsError) as caught:
        operation(request)
    return caught.value


def test_a_session_token_is_the_users_own_for_twelve_hours(aws: Aws, alice: Aws) -> None:
    credential = credential_of(aws, alice.sts.get_session_token({}))
    assert credential.principal.arn == ALICE
    assert credential.expires_ms == aws.now + 43_200_000
    assert credential.session.mfa_at_ms == 0


def test_a_session_token_needs_no_permission(aws: Aws, directory: Any) -> None:
    directory.allow(ALICE, "*", effect="Deny")
    assert aws.as_principal(Principal("user", ALICE, ACCOUNT, "AIDA")).sts.get_session_token({})


def test_a_session_token_remembers_mfa(aws: Aws, alice: Aws, directory: Any) -> None:
    directory.codes[ALICE, MFA] = "123456"
    token = alice.sts.get_session_token({"SerialNumber": MFA, "TokenCode": "123456", "DurationSeconds": 900})
    assert credential_of(aws, token).session.mfa_at_ms == aws.now
    error = refusal(alice.sts.get_session_token, {"SerialNumber": MFA, "TokenCode": "000000"})
    assert error.code == "AccessDenied"
    assert error.message == "MultiFactorAuthentication failed with invalid MFA one time pass code. "


@pytest.mark.parametrize("operation", ["get_session_token", "get_federation_token"])
def test_the_root_users_tokens_last_an_hour(aws: Aws, directory: Any, operation: str) -> None:
    response = getattr(aws.sts, operation)({"Name": "bob", "DurationSeconds": 7200})
    assert credential_of(aws, response).expires_ms == aws.now + 3_600_000


@pytest.mark.parametrize(
    ("operation", "name"),
    [("get_session_token", "GetSessionToken"), ("get_federation_token", "GetFederationToken")],
)
def test_session_credentials_get_no_further_tokens(aws: Aws, alice: Aws, operation: str, name: str) -> None:
    session = aws.as_principal(alice.principal, Session(issued_ms=aws.now))
    error = refusal(getattr(session.sts, operation), {"Name": "bob"})
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert error.message == f"Cannot call {name} with session credentials"


def test_a_federated_user_has_a_name_and_the_sessions_policies(aws: Aws, alice: Aws) -> None:
    response = alice.sts.get_federation_token({"Name": "bob", "Policy": ALLOW_S3})
    assert response["FederatedUser"] == {
        "FederatedUserId": f"{ACCOUNT}:bob",
        "Arn": f"arn:aws:sts::{ACCOUNT}:federated-user/bob",
    }
    assert response["PackedPolicySize"] > 0
    credential = credential_of(aws, response)
    assert credential.principal.kind == "federated-user"
    assert credential.principal.role_arn == ALICE
    assert credential.session.policies == (ALLOW_S3,)
    bob = aws.as_principal(credential.principal, credential.session)
    assert bob.sts.get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:federated-user/bob"


def test_federation_needs_permission_on_the_federated_user(aws: Aws, directory: Any) -> None:
    alice = aws.as_principal(Principal("user", ALICE, ACCOUNT, "AIDA"))
    bob = f"arn:aws:sts::{ACCOUNT}:federated-user/bob"
    directory.allow(ALICE, "sts:GetFederationToken", resource=bob)
    assert alice.sts.get_federation_token({"Name": "bob"})
    assert refusal(alice.sts.get_federation_token, {"Name": "eve"}).code == "AccessDenied"
    tagged = refusal(alice.sts.get_federation_token, {"Name": "bob", "Tags": [{"Key": "a", "Value": "b"}]})
    assert f"not authorized to perform: sts:TagSession on resource: {bob}" in tagged.message


def test_a_federated_user_assumes_no_role(aws: Aws, alice: Aws, directory: Any) -> None:
    credential = credential_of(aws, alice.sts.get_federation_token({"Name": "bob", "Policy": ALLOW_S3}))
    bob = aws.as_principal(credential.principal, credential.session)
    arn = directory.add_role("Open", "*")
    error = refusal(bob.sts.assume_role, {"RoleArn": arn, "RoleSessionName": "work"})
    assert error.message == "Cannot call AssumeRole with session credentials"


def test_a_users_session_token_may_assume_a_role(aws: Aws, alice: Aws, directory: Any) -> None:
    session = aws.as_principal(alice.principal, Session(issued_ms=aws.now))
    arn = directory.add_role("Deploy", ALICE, max_session_s=7200)
    # It is no role chaining, so the hour's limit does not apply.
    assert session.sts.assume_role({"RoleArn": arn, "RoleSessionName": "work", "DurationSeconds": 7200})


def test_tokens_survive_a_restart(tmp_path: Any) -> None:
    aws = sts_alone(directory=tmp_path)
    response = aws.sts.get_session_token({})
    aws.world.store.commit()
    aws.world.close()
    again = World(directory=tmp_path)
    credential = again.state(Credentials).by_id[response["Credentials"]["AccessKeyId"]]
    assert credential.token == response["Credentials"]["SessionToken"]
    assert credential.principal.kind == "root"
    again.close()
