from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.credentials import Credentials
from foulweather.kernel.errors import AwsError
from foulweather.policy import principal as principals
from harness import ACCOUNT, Aws

ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
OTHER = "444455556666"
MFA = f"arn:aws:iam::{ACCOUNT}:mfa/phone"


def assume(aws: Aws, arn: str, **more: Any) -> dict[str, Any]:
    return aws.sts.assume_role({"RoleArn": arn, "RoleSessionName": "work", **more})


def refusal(aws: Aws, arn: str, **more: Any) -> AwsError:
    with pytest.raises(AwsError) as caught:
        assume(aws, arn, **more)
    return caught.value


def holder(aws: Aws, response: dict[str, Any]) -> Aws:
    """Who holds the credentials of a response."""
    credential = aws.world.state(Credentials).by_id[response["Credentials"]["AccessKeyId"]]
    return aws.as_principal(credential.principal, credential.session)


def test_a_trusted_user_gets_a_session_of_the_role(alice: Aws, directory: Any) -> None:
    arn = directory.add_role("app/Deploy", ALICE)
    response = assume(alice, arn)
    assert response["AssumedRoleUser"] == {
        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/Deploy/work",
        "AssumedRoleId": "AROADEPLOYXXXXXXXXXXX:work",
    }
    credentials = response["Credentials"]
    assert credentials["AccessKeyId"].startswith("ASIA")
    assert len(credentials["SecretAccessKey"]) == 40
    assert 300 < len(credentials["SessionToken"]) < 400
    assert credentials["Expiration"] == alice.now + 3_600_000
    assert "PackedPolicySize" not in response
    assert "SourceIdentity" not in response
    issued = alice.world.state(Credentials).by_id[credentials["AccessKeyId"]]
    assert issued.principal.role_arn == arn
    assert issued.token == credentials["SessionToken"]
    assert issued.expires_ms == credentials["Expiration"]
    (event,) = alice.events("sts.RoleAssumed")
    assert event.resource == arn
    assert event.facts["issuer"] == ALICE


def test_who_assumed_a_role_is_the_session(alice: Aws, directory: Any) -> None:
    session = holder(alice, assume(alice, directory.add_role("Deploy", ALICE)))
    assert session.sts.get_caller_identity() == {
        "UserId": "AROADEPLOYXXXXXXXXXXX:work",
        "Account": ACCOUNT,
        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/Deploy/work",
    }


@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.parametrize("account", [ACCOUNT, OTHER])
def test_a_missing_role_is_refused_like_one_that_trusts_others(
    alice: Aws, directory: Any, account: str, exists: bool
) -> None:
    arn = f"arn:aws:iam::{account}:role/Deploy"
    if exists:
        directory.add_role("Deploy", f"arn:aws:iam::{ACCOUNT}:user/bob", account=account)
    error = refusal(alice, arn)
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert error.message == f"User: {ALICE} is not authorized to perform: sts:AssumeRole on resource: {arn}"
    if not exists:
        assert error.why.facts[0].property == "exists"


def test_another_account_must_trust_and_the_callers_must_allow(aws: Aws, directory: Any) -> None:
    arn = directory.add_role("Deploy", f"arn:aws:iam::{ACCOUNT}:root", account=OTHER)
    alice = aws.as_principal(principals.Principal("user", ALICE, ACCOUNT, "AIDAALICE"))
    assert refusal(alice, arn).code == "AccessDenied"
    directory.allow(ALICE, "sts:AssumeRole", resource=arn)
    response = assume(alice, arn)
    assert aws.world.state(Credentials).by_id[response["Credentials"]["AccessKeyId"]].account == OTHER


def test_the_root_user_may_assume_no_role(aws: Aws, directory: Any) -> None:
    error = refusal(aws, directory.add_role("Deploy", f"arn:aws:iam::{ACCOUNT}:root"))
    assert (error.code, error.message) == ("AccessDenied", "Roles may not be assumed by root accounts.")


def test_a_service_may_assume_a_role_that_trusts_it(aws: Aws, directory: Any) -> None:
    arn = directory.add_role("Function", {"Service": "lambda.amazonaws.com"})
    response = assume(aws.as_principal(principals.service("lambda.amazonaws.com")), arn)
    assert response["AssumedRoleUser"]["Arn"].endswith(":assumed-role/Function/work")
    other = refusal(aws.as_principal(principals.service("ec2.amazonaws.com")), arn)
    assert other.code == "AccessDenied"


@pytest.mark.parametrize("arn", [f"arn:aws:iam::{ACCOUNT}:user/alice", "arn:aws:iam::1:role/Deploy", "x" * 20])
def test_what_is_no_role_arn_is_invalid(alice: Aws, directory: Any, arn: str) -> None:
    error = refusal(alice, arn)
    assert (error.code, error.message) == ("ValidationError", "Request ARN is invalid")


def test_the_external_id_must_match(alice: Aws, directory: Any) -> None:
    arn = directory.add_role("Vendor", ALICE, condition={"StringEquals": {"sts:ExternalId": "secret"}})
    assert refusal(alice, arn).code == "AccessDenied"
    assert refusal(alice, arn, ExternalId="guess").code == "AccessDenied"
    assert assume(alice, arn, ExternalId="secret")["Credentials"]


def test_the_session_name_is_a_condition_key(alice: Aws, directory: Any) -> None:
    arn = directory.add_role("Named", ALICE, condition={"StringLike": {"sts:RoleSessionName": "job-*"}})
    assert refusal(alice, arn).code == "AccessDenied"
    assert assume(alice, arn, RoleSessionName="job-1")


def test_a_role_that_wants_mfa_gets_the_right_code(alice: Aws, directory: Any) -> None:
    directory.codes[ALICE, MFA] = "123456"
    arn = directory.add_role("Admin", ALICE, condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    assert refusal(alice, arn).message.startswith("User: ")
    wrong = refusal(alice, arn, SerialNumber=MFA, TokenCode="654321")
    assert (wrong.code, wrong.status) == ("AccessDenied", 403)
    assert wrong.message == "MultiFactorAuthentication failed with invalid MFA one time pass code. "
    missing = refusal(alice, f"{arn}2", SerialNumber=MFA, TokenCode="654321")
    assert missing.message == wrong.message
    assert "unable to validate MFA code" in refusal(alice, arn, SerialNumber="GAHT12345678", TokenCode="123456").message
    assert "must provide both MFA serial number" in refusal(alice, arn, SerialNumber=MFA).message
    response = assume(alice, arn, SerialNumber=MFA, TokenCode="123456")
    # The credentials of AssumeRole carry no MFA information (IAM User Guide, Secure API access with MFA).
    session = alice.world.state(Credentials).by_id[response["Credentials"]["AccessKeyId"]].session
    assert session is not None
    assert session.mfa_at_ms == 0


def test_durations_end_at_the_roles_maximum(alice: Aws, directory: Any) -> None:
    arn = directory.add_role("Deploy", ALICE, max_session_s=7_200)
    assert assume(alice, arn, DurationSeconds=7_200)["Credentials"]["Expiration"] == alice.now + 7_200_000
    error = refusal(alice, arn, DurationSeconds=7_201)
    assert error.code == "ValidationError"
    assert error.message == "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    assert error.why.facts[0].value == 7_200


def test_a_chained_session_lasts_an_hour_at_most(alice: Aws, directory: Any) -> None:
    first = directory.add_role("First", ALICE, max_session_s=43_200)
    second = directory.add_role("Second", first, max_session_s=43_200)
    session = holder(alice, assume(alice, first, DurationSeconds=43_200))
    error = refusal(session, second, DurationSeconds=3_601)
    assert error.code == "ValidationError"
    assert error.message == (
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
    )
    chained = assume(session, second, DurationSeconds=3_600)
    credential = alice.world.state(Credentials).by_id[chained["Credentials"]["AccessKeyId"]]
    assert credential.session is not None
    assert credential.session.is_chained


def test_tags_need_tag_session_in_the_trust_policy(alice: Aws, directory: Any) -> None:
    tags = [{"Key": "Team", "Value": "blue"}]
    plain = directory.add_role("Plain", ALICE, actions="sts:AssumeRole")
    error = refusal(alice, plain, Tags=tags)
    assert error.message == f"User: {ALICE} is not authorized to perform: sts:TagSession on resource: {plain}"
    only_blue = directory.add_role("Blue", ALICE, condition={"StringEquals": {"aws:RequestTag/Team": "blue"}})
    assert assume(alice, only_blue, Tags=tags)["PackedPolicySize"] >= 1
    assert refusal(alice, only_blue, Tags=[{"Key": "Team", "Value": "red"}]).code == "AccessDenied"


def test_transitive_tags_are_inherited_and_cannot_be_overridden(alice: Aws, directory: Any) -> None:
    first = directory.add_role("First", ALICE)
    second = directory.add_role("Second", first)
    tags = [{"Key": "Team", "Value": "blue"}, {"Key": "Stage", "Value": "test"}]
    session = holder(alice, assume(alice, first, Tags=tags, TransitiveTagKeys=["Team"]))
    chained = holder(alice, assume(session, second, Tags=[{"Key": "Stage", "Value": "prod"}]))
    assert chained.session is not None
    assert chained.session.tags == {"Team": "blue", "Stage": "prod"}
    assert chained.session.transitive_tags == ("Team",)
    error = refusal(session, second, Tags=[{"Key": "team", "Value": "red"}])
    assert error.code == "InvalidParameterValue"
    assert "conflicts with a transitive tag key from the calling session" in error.message
    untagging = directory.add_role("Untagging", first, actions="sts:AssumeRole")
    assert "sts:TagSession" in refusal(session, untagging).message


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]}, "Duplicate tag keys found."),
        ({"TransitiveTagKeys": ["Team"]}, "must be included in the requested tags"),
        ({"Tags": [{"Key": "aws:x", "Value": "1"}]}, "reserved prefix"),
    ],
)
def test_bad_tags_are_refused(alice: Aws, directory: Any, more: dict[str, Any], said: str) -> None:
    error = refusal(alice, directory.add_role("Deploy", ALICE), **more)
    assert error.code == "InvalidParameterValue"
    assert said in error.message


def test_a_source_identity_stays_along_the_chain(alice: Aws, directory: Any) -> None:
    first = directory.add_role("First", ALICE)
    second = directory.add_role("Second", first)
    response = assume(alice, first, SourceIdentity="alice@example.com")
    assert response["SourceIdentity"] == "alice@example.com"
    session = holder(alice, response)
    assert assume(session, second)["SourceIdentity"] == "alice@example.com"
    assert refusal(session, second, SourceIdentity="bob@example.com").code == "AccessDenied"
    silent = directory.add_role("Silent", first, actions="sts:AssumeRole")
    assert refusal(session, silent).message.startswith(
        f"User: {session.principal.arn} is not authorized to perform: sts:SetSourceIdentity"
    )
    assert refusal(alice, first, SourceIdentity="aws:me").code == "ValidationError"


def test_session_policies_are_kept_and_measured(alice: Aws, directory: Any) -> None:
    arn = directory.add_role("Deploy", ALICE)
    # The example of AWS's API Reference, whose response says 6.
    policy = '{"Version":"2012-10-17","Statement":[{"Sid":"Stmt1","Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
    response = assume(alice, arn, Policy=policy)
    assert response["PackedPolicySize"] == 6
    session = holder(alice, response).session
    assert session is not None
    assert session.policies == (policy,)


def test_session_policies_limit_the_session(alice: Aws, directory: Any) -> None:
    arn = directory.add_role("Deploy", ALICE)
    target = directory.add_role("Target", f"arn:aws:iam::{ACCOUNT}:root")
    directory.allow(arn, "sts:AssumeRole")
    assert assume(holder(alice, assume(alice, arn)), target)
    policy = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}'
    limited = holder(alice, assume(alice, arn, Policy=policy))
    assert "no session policy allows" in refusal(limited, target).message


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ({"Policy": "{"}, "MalformedPolicyDocumentException", "Syntax errors in policy."),
        ({"Policy": "x" * 2049}, "ValidationError", "length less than or equal to 2048"),
        (
            {"PolicyArns": [{"arn": f"arn:aws:iam::aws:policy/P{n}"} for n in range(11)]},
            "ValidationError",
            "at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to 10",
        ),
        (
            {"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/Missing"}]},
            "MalformedPolicyDocumentException",
            "arn:aws:iam::aws:policy/Missing",
        ),
    ],
)
def test_bad_session_policies_are_refused(
    alice: Aws, directory: Any, more: dict[str, Any], code: str, said: str
) -> None:
    error = refusal(alice, directory.add_role("Deploy", ALICE), **more)
    assert error.code == code
    assert said in error.message


def test_too_much_to_pack_is_refused_by_percent(alice: Aws, directory: Any) -> None:
    noise = alice.world.random
    tags = [{"Key": f"k{n}", "Value": f"{noise.getrandbits(800):x}"} for n in range(40)]
    error = refusal(alice, directory.add_role("Deploy", ALICE), Tags=tags)
    assert error.code == "PackedPolicyTooLargeException"
    assert error.message.startswith("Packed size of session tags consumes ")
    assert error.message.endswith("% of allotted space.")


def test_a_refused_call_issues_nothing(alice: Aws, directory: Any) -> None:
    arn = directory.add_role("Deploy", ALICE)
    for more in ({"Policy": "{"}, {"DurationSeconds": 4000}, {"TransitiveTagKeys": ["x"]}):
        refusal(alice, arn, **more)
    assert len(alice.world.state(Credentials).by_id) == 0


def test_provided_contexts_are_not_built(alice: Aws, directory: Any) -> None:
    arn = directory.add_role("Deploy", ALICE, actions="sts:*")
    contexts = [{"ProviderArn": "arn:aws:iam::aws:contextProvider/IdentityCenter", "ContextAssertion": "eyJ0"}]
    assert refusal(alice, arn, ProvidedContexts=contexts).status == 501


async def test_sessions_that_ended_a_day_ago_are_forgotten(alice: Aws, directory: Any) -> None:
    arn = directory.add_role("Deploy", ALICE)
    for _ in range(1_000 // 500):
        for _ in range(500):
            assume(alice, arn)
        await alice.advance(seconds=2)
    await alice.advance(seconds=26 * 3600)
    assume(alice, arn)
    assert len(alice.world.state(Credentials).by_id) == 1
