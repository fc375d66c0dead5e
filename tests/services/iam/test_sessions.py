from __future__ import annotations

import pytest

from foulweather.kernel.credentials import Session
from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import Principal
from harness import START_MS
from services.iam.calls import Iam, document, new_iam_world, trust

INVALID = ("InvalidClientTokenId", 403, "The security token included in the request is invalid")
WITHOUT_MFA = Session(issued_ms=START_MS)
WITH_MFA = Session(issued_ms=START_MS, mfa_at_ms=START_MS)


def alice(iam: Iam) -> Principal:
    user = iam.create_user(UserName="alice")["User"]
    iam.put_user_policy(UserName="alice", PolicyName="all", PolicyDocument=document("*"))
    return Principal("user", user["Arn"], "111122223333", user["UserId"])


def with_session(iam: Iam, who: Principal, session: Session | None) -> Iam:
    return Iam(iam.aws.as_principal(who, session))


def test_a_users_session_token_serves_iam_with_mfa_only(iam: Iam) -> None:
    who = alice(iam)
    assert with_session(iam, who, WITHOUT_MFA).refused("list_users") == INVALID
    assert with_session(iam, who, WITHOUT_MFA).refused("get_account_summary") == INVALID
    assert len(with_session(iam, who, WITH_MFA).list_users()["Users"]) == 1
    assert len(with_session(iam, who, None).list_users()["Users"]) == 1, "a long-term key is no session token"


def test_the_root_users_session_token_serves_iam_with_mfa_only(iam: Iam) -> None:
    assert with_session(iam, iam.aws.principal, WITHOUT_MFA).refused("list_users") == INVALID
    assert with_session(iam, iam.aws.principal, WITH_MFA).list_users()["Users"] == []


@pytest.mark.parametrize("session", [WITHOUT_MFA, WITH_MFA, None])
def test_a_federated_user_calls_nothing_of_iam(iam: Iam, session: Session | None) -> None:
    user = alice(iam)
    arn = "arn:aws:sts::111122223333:federated-user/bob"
    bob = Principal("federated-user", arn, "111122223333", "111122223333:bob", user.arn)
    assert with_session(iam, bob, session).refused("list_users") == INVALID
    assert with_session(iam, bob, session).refused("change_password", OldPassword="a", NewPassword="b") == INVALID


def test_a_roles_session_needs_no_mfa_for_iam(iam: Iam) -> None:
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())["Role"]
    iam.put_role_policy(RoleName="r", PolicyName="all", PolicyDocument=document("*"))
    arn = "arn:aws:sts::111122223333:assumed-role/r/s"
    session = Principal("assumed-role", arn, "111122223333", f"{role['RoleId']}:s", role["Arn"])
    assert with_session(iam, session, WITHOUT_MFA).list_users()["Users"] == []


def test_the_refusal_tells_what_would_help(iam: Iam) -> None:
    with pytest.raises(AwsError) as refusal:
        with_session(iam, alice(iam), WITHOUT_MFA).aws.iam.list_users({})
    why = refusal.value.why
    assert why.cause == "IAM takes no credentials of GetSessionToken without MFA."
    assert why.remedy[0].startswith("aws sts get-session-token --serial-number")


def test_all_times_are_whole_seconds() -> None:
    iam = Iam(new_iam_world(start_ms=START_MS + 567))
    assert iam.create_user(UserName="u")["User"]["CreateDate"] == START_MS
    arn = iam.create_policy(PolicyName="p", PolicyDocument=document())["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document("s3:*"))
    assert iam.get_policy(PolicyArn=arn)["Policy"]["UpdateDate"] == START_MS
    assert [each["CreateDate"] for each in iam.list_policy_versions(PolicyArn=arn)["Versions"]] == [START_MS] * 2
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    iam.create_group(GroupName="g")
    iam.create_access_key(UserName="u")
    iam.create_login_profile(UserName="u", Password="Correct-horse1")
    made = iam.create_service_specific_credential(
        UserName="u", ServiceName="bedrock.amazonaws.com", CredentialAgeDays=1
    )["ServiceSpecificCredential"]
    assert made["ExpirationDate"] == START_MS + 86_400_000
    job = iam.generate_service_last_accessed_details(Arn=arn)["JobId"]
    assert iam.get_service_last_accessed_details(JobId=job)["JobCreationDate"] == START_MS
    details = iam.get_account_authorization_details()
    assert details["UserDetailList"][0]["CreateDate"] == START_MS
