"""Users and guests get AWS credentials of the roles that are theirs, and that trust them."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import Aws
from services.cognito_identity.federation import ISSUER, Federation, new_federation
from services.cognito_idp.signing import claims, refused

UNFIT = "Invalid identity pool configuration. Check assigned IAM roles for this pool."


@pytest.fixture
async def federation(aws: Aws) -> Federation:
    return await new_federation(aws)


async def test_a_user_gets_credentials_of_the_role_for_users_and_they_work(federation: Federation) -> None:
    role = federation.role("users", "sqs:CreateQueue")
    federation.roles(authenticated=role)
    logins = await federation.logins()
    identity = federation.get_id(logins)
    assert federation.get_id(await federation.logins()) == identity != federation.get_id(await federation.logins("bob"))
    answer = await federation.credentials(identity, logins)
    assert answer["Credentials"]["Expiration"] == federation.aws.now + 3_600_000
    bearer = federation.bearer(answer)
    assert bearer.sts.get_caller_identity({})["Arn"].endswith(":assumed-role/users/CognitoIdentityCredentials")
    bearer.sqs.create_queue({"QueueName": "q"})
    with pytest.raises(AwsError) as raised:
        bearer.sqs.list_queues({})
    assert raised.value.code == "AccessDenied"


async def test_a_policy_knows_the_identity_by_its_variable(federation: Federation) -> None:
    resource = f"arn:aws:sqs:*:*:q-${{{ISSUER}:sub}}"
    federation.roles(authenticated=federation.role("users", "sqs:CreateQueue", Resource=resource))
    logins = await federation.logins()
    identity = federation.get_id(logins)
    bearer = federation.bearer(await federation.credentials(identity, logins))
    with pytest.raises(AwsError):
        bearer.sqs.create_queue({"QueueName": "q-other"})
    with pytest.raises(AwsError) as raised:
        bearer.sqs.create_queue({"QueueName": f"q-{identity}"})
    assert raised.value.code != "AccessDenied", "the policy lets it pass; a queue's name has no colon"


async def test_a_role_that_trusts_another_pool_is_not_had(federation: Federation) -> None:
    role = federation.role("users")
    federation.make()
    federation.roles(authenticated=role)
    logins = await federation.logins()
    identity = federation.get_id(logins)
    with pytest.raises(AwsError) as raised:
        await federation.credentials(identity, logins)
    assert refused(raised) == ("InvalidIdentityPoolConfigurationException", UNFIT)
    assert "Condition" in str(raised.value.why) or ":aud" in str(raised.value.why)


async def test_without_a_role_there_are_no_credentials(federation: Federation) -> None:
    logins = await federation.logins()
    with pytest.raises(AwsError) as raised:
        await federation.credentials(federation.get_id(logins), logins)
    assert refused(raised) == ("InvalidIdentityPoolConfigurationException", UNFIT)


async def test_a_guest_may_what_the_role_and_the_scope_down_both_allow(federation: Federation) -> None:
    federation.roles(unauthenticated=federation.role("guests", "*", amr="unauthenticated"))
    bearer = federation.bearer(await federation.credentials(federation.get_id()))
    bearer.sqs.create_queue({"QueueName": "q"})
    with pytest.raises(AwsError) as raised:
        bearer.iam.list_users({})
    assert raised.value.code == "AccessDenied"
    with pytest.raises(AwsError) as raised:
        bearer.kms.create_key({})
    assert raised.value.code == "AccessDeniedException"


async def test_the_role_for_users_is_not_for_guests(federation: Federation) -> None:
    federation.roles(unauthenticated=federation.role("users"))
    with pytest.raises(AwsError) as raised:
        await federation.credentials(federation.get_id())
    assert refused(raised) == ("InvalidIdentityPoolConfigurationException", UNFIT)


async def test_a_pool_closed_to_guests_has_no_identities_for_them(federation: Federation) -> None:
    guest = federation.get_id()
    federation.owner.update_identity_pool(
        {"IdentityPoolId": federation.id, "IdentityPoolName": "shop", "AllowUnauthenticatedIdentities": False}
    )
    for ask in (federation.get_id, lambda: federation.anybody.get_open_id_token({"IdentityId": guest})):
        with pytest.raises(AwsError) as raised:
            ask()
        words = "Unauthenticated access is not supported for this identity pool."
        assert refused(raised) == ("NotAuthorizedException", words)
    with pytest.raises(AwsError):
        await federation.credentials(guest)


async def test_an_identity_of_a_user_is_closed_to_who_has_no_login(federation: Federation) -> None:
    identity = federation.get_id(await federation.logins())
    with pytest.raises(AwsError) as raised:
        await federation.credentials(identity)
    assert refused(raised) == ("NotAuthorizedException", f"Access to Identity '{identity}' is forbidden.")
    with pytest.raises(AwsError) as raised:
        await federation.credentials(identity, await federation.logins("bob"))
    assert raised.value.message.startswith("Logins don't match.")


async def test_a_guest_who_signs_in_goes_on_as_who_they_are_known_to_be(federation: Federation) -> None:
    federation.roles(authenticated=federation.role("users"))
    known = federation.get_id(await federation.logins())
    guest, other = federation.get_id(), federation.get_id()
    answer = await federation.credentials(guest, await federation.logins())
    assert answer["IdentityId"] == known
    answer = await federation.credentials(other, await federation.logins("bob"))
    assert answer["IdentityId"] == other
    assert federation.owner.describe_identity({"IdentityId": other})["Logins"] == [federation.provider]
    listed = federation.owner.list_identities(
        {"IdentityPoolId": federation.id, "MaxResults": 10, "HideDisabled": True}
    )["Identities"]
    assert sorted(each["IdentityId"] for each in listed) == sorted([known, other])


async def test_a_refused_sign_in_links_nothing(federation: Federation) -> None:
    guest = federation.get_id()
    with pytest.raises(AwsError):
        await federation.credentials(guest, await federation.logins())
    assert "Logins" not in federation.owner.describe_identity({"IdentityId": guest})


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda token: token[:-6] + "AAAAAA", "Invalid login token. Token signature invalid."),
        (lambda token: "no token", "Invalid login token. Not a valid OpenId Connect identity token."),
    ],
)
async def test_a_token_that_proves_nothing_is_refused(federation: Federation, damage: Any, words: str) -> None:
    (provider, token), *_ = (await federation.logins()).items()
    with pytest.raises(AwsError) as raised:
        federation.get_id({provider: damage(token)})
    assert refused(raised) == ("NotAuthorizedException", words)


async def test_an_access_token_is_no_login_and_a_token_ends(federation: Federation) -> None:
    tokens = await federation.users.tokens()
    with pytest.raises(AwsError) as raised:
        federation.get_id({federation.provider: tokens["AccessToken"]})
    assert raised.value.message == "Invalid login token. Not a valid OpenId Connect identity token."
    await federation.aws.advance(seconds=3600)
    with pytest.raises(AwsError) as raised:
        federation.get_id({federation.provider: tokens["IdToken"]})
    now_s = federation.aws.now // 1000
    assert raised.value.message == f"Invalid login token. Token expired: {now_s} >= {now_s}"


async def test_a_provider_or_a_client_that_the_pool_does_not_name_is_refused(federation: Federation) -> None:
    words = "Token is not from a supported provider of this identity pool."
    token = (await federation.users.tokens())["IdToken"]
    for provider in ("accounts.google.com", "cognito-idp.us-east-1.amazonaws.com/us-east-1_abcdefghi"):
        with pytest.raises(AwsError) as raised:
            federation.get_id({provider: token})
        assert refused(raised) == ("NotAuthorizedException", words)
    federation.make(provider={"ClientId": "another"})
    with pytest.raises(AwsError) as raised:
        federation.get_id({federation.provider: token})
    assert refused(raised) == ("NotAuthorizedException", words)


async def test_the_server_side_check_sees_who_has_signed_out(aws: Aws) -> None:
    federation = await new_federation(aws, provider={"ServerSideTokenCheck": True})
    logins = await federation.logins()
    federation.get_id(logins)
    federation.users.idp.admin_user_global_sign_out({"UserPoolId": federation.users.id, "Username": "ann"})
    with pytest.raises(AwsError) as raised:
        federation.get_id(logins)
    assert raised.value.code == "NotAuthorizedException"


async def test_the_basic_flow_gives_a_token_that_sts_takes(aws: Aws) -> None:
    federation = await new_federation(aws, AllowClassicFlow=True)
    role = federation.role("users", "sqs:*")
    logins = await federation.logins()
    identity = federation.get_id(logins)
    answer = federation.anybody.get_open_id_token({"IdentityId": identity, "Logins": logins})
    told = claims(answer["Token"])
    assert (told["sub"], told["aud"], told["exp"] - told["iat"]) == (identity, federation.id, 600)
    assert told["amr"][:2] == ["authenticated", federation.provider]
    asked = {"RoleArn": role, "RoleSessionName": "me", "WebIdentityToken": answer["Token"]}
    assumed = aws.sts.assume_role_with_web_identity(asked)
    assert (assumed["Provider"], assumed["SubjectFromWebIdentityToken"]) == (ISSUER, identity)
    with pytest.raises(AwsError) as raised:
        aws.sts.assume_role_with_web_identity({**asked, "WebIdentityToken": answer["Token"][:-6] + "AAAAAA"})
    assert raised.value.code == "InvalidIdentityTokenException"


async def test_the_basic_flow_is_off_unless_the_pool_allows_it(federation: Federation) -> None:
    with pytest.raises(AwsError) as raised:
        federation.anybody.get_open_id_token({"IdentityId": federation.get_id()})
    words = "Basic (classic) flow is not enabled, please use enhanced flow."
    assert refused(raised) == ("InvalidParameterException", words)


async def test_principal_tags_come_of_claims_and_reach_policies(federation: Federation) -> None:
    asked = {"IdentityPoolId": federation.id, "IdentityProviderName": federation.provider}
    federation.owner.set_principal_tag_attribute_map(
        {**asked, "UseDefaults": False, "PrincipalTags": {"who": "cognito:username", "none": "custom:absent"}}
    )
    condition = {"StringEquals": {"aws:PrincipalTag/who": "ann"}}
    federation.roles(authenticated=federation.role("users", "sqs:ListQueues", Condition=condition))
    ann, bob = await federation.logins(), await federation.logins("bob")
    federation.bearer(await federation.credentials(federation.get_id(ann), ann)).sqs.list_queues({})
    with pytest.raises(AwsError):
        federation.bearer(await federation.credentials(federation.get_id(bob), bob)).sqs.list_queues({})
    federation.owner.set_principal_tag_attribute_map({**asked, "UseDefaults": True})
    found = federation.owner.get_principal_tag_attribute_map(asked)
    assert (found["UseDefaults"], found["PrincipalTags"]) == (True, {"client": "aud", "username": "sub"})
