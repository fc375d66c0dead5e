"""Users whom the app's own server vouches for, and logins that come and go."""

from __future__ import annotations

import pytest

from foulweather.kernel.errors import AwsError
from harness import Aws
from services.cognito_identity.federation import ISSUER, Federation, new_federation
from services.cognito_idp.signing import claims, refused

NAME = "login.shop"


@pytest.fixture
async def federation(aws: Aws) -> Federation:
    return await new_federation(aws, DeveloperProviderName=NAME)


def vouched(federation: Federation, user: str, **members: object) -> dict[str, str]:
    asked = {"IdentityPoolId": federation.id, "Logins": {NAME: user}, **members}
    return federation.owner.get_open_id_token_for_developer_identity(asked)


async def test_a_developers_user_has_one_identity_and_credentials(federation: Federation) -> None:
    federation.roles(authenticated=federation.role("users", amr=NAME))
    answer = vouched(federation, "u1", TokenDuration=60, PrincipalTags={"team": "red"})
    told = claims(answer["Token"])
    assert told["exp"] - told["iat"] == 60
    assert vouched(federation, "u1")["IdentityId"] == answer["IdentityId"]
    held = await federation.credentials(answer["IdentityId"], {ISSUER: answer["Token"]})
    assert held["IdentityId"] == answer["IdentityId"]
    session = federation.bearer(held).session
    assert session is not None
    assert session.tags == {"team": "red"}
    await federation.aws.advance(seconds=60)
    with pytest.raises(AwsError) as raised:
        await federation.credentials(answer["IdentityId"], {ISSUER: answer["Token"]})
    assert raised.value.message.startswith("Invalid login token. Token expired:")


async def test_a_user_of_another_identity_is_registered_already(federation: Federation) -> None:
    first, second = vouched(federation, "u1"), vouched(federation, "u2")
    with pytest.raises(AwsError) as raised:
        vouched(federation, "u1", IdentityId=second["IdentityId"])
    assert raised.value.code == "DeveloperUserAlreadyRegisteredException"
    assert vouched(federation, "u3", IdentityId=first["IdentityId"])["IdentityId"] == first["IdentityId"]
    found = federation.owner.lookup_developer_identity(
        {"IdentityPoolId": federation.id, "IdentityId": first["IdentityId"]}
    )
    assert found["DeveloperUserIdentifierList"] == ["u1", "u3"]
    with pytest.raises(AwsError) as raised:
        federation.owner.lookup_developer_identity(
            {"IdentityPoolId": federation.id, "IdentityId": first["IdentityId"], "DeveloperUserIdentifier": "u2"}
        )
    assert raised.value.code == "ResourceConflictException"


async def test_two_users_become_one_and_part_again(federation: Federation) -> None:
    first, second = vouched(federation, "u1")["IdentityId"], vouched(federation, "u2")["IdentityId"]
    where = {"IdentityPoolId": federation.id, "DeveloperProviderName": NAME}
    merged = federation.owner.merge_developer_identities(
        {**where, "SourceUserIdentifier": "u1", "DestinationUserIdentifier": "u2"}
    )
    assert merged["IdentityId"] == second == vouched(federation, "u1")["IdentityId"]
    assert "Logins" not in federation.owner.describe_identity({"IdentityId": first})
    federation.owner.unlink_developer_identity({**where, "IdentityId": second, "DeveloperUserIdentifier": "u1"})
    assert vouched(federation, "u1")["IdentityId"] not in (first, second)


async def test_a_developers_name_is_no_public_login_and_never_changes(federation: Federation) -> None:
    with pytest.raises(AwsError) as raised:
        federation.get_id({NAME: "u1"})
    assert refused(raised) == ("InvalidParameterException", "Please provide a valid public provider.")
    with pytest.raises(AwsError) as raised:
        federation.owner.update_identity_pool(
            {
                "IdentityPoolId": federation.id,
                "IdentityPoolName": "shop",
                "AllowUnauthenticatedIdentities": True,
                "DeveloperProviderName": "login.other",
            }
        )
    assert raised.value.code == "InvalidParameterException"


async def test_unlinking_makes_the_login_somebody_new(federation: Federation) -> None:
    logins = await federation.logins()
    identity = vouched(federation, "u1")["IdentityId"]
    both = {NAME: "u1", **logins}
    linked = federation.owner.get_open_id_token_for_developer_identity(
        {"IdentityPoolId": federation.id, "Logins": both}
    )
    assert linked["IdentityId"] == identity == federation.get_id(logins)
    asked = {"IdentityId": identity, "LoginsToRemove": [federation.provider]}
    with pytest.raises(AwsError):
        federation.anybody.unlink_identity({**asked, "Logins": await federation.logins("bob")})
    federation.anybody.unlink_identity({**asked, "Logins": logins})
    assert federation.get_id(logins) != identity


async def test_two_users_of_one_provider_are_not_one_identity(federation: Federation) -> None:
    ann, bob = await federation.logins(), await federation.logins("bob")
    first, second = federation.get_id(ann), federation.get_id(bob)
    vouched(federation, "u1", IdentityId=first)
    vouched(federation, "u2", IdentityId=second)
    with pytest.raises(AwsError) as raised:
        federation.owner.merge_developer_identities(
            {
                "IdentityPoolId": federation.id,
                "DeveloperProviderName": NAME,
                "SourceUserIdentifier": "u1",
                "DestinationUserIdentifier": "u2",
            }
        )
    assert raised.value.code == "ResourceConflictException"
