"""Role mappings: by the token's roles, by rules, and what happens when neither says which."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import Aws
from services.cognito_identity.federation import Federation, new_federation


async def taken(federation: Federation, **members: Any) -> str:
    """The name of the role that ann gets."""
    logins = await federation.logins()
    answer = await federation.credentials(federation.get_id(logins), logins, **members)
    return federation.bearer(answer).sts.get_caller_identity({})["Arn"].split("/")[1]


@pytest.fixture
async def federation(aws: Aws) -> Federation:
    found = await new_federation(aws)
    for name in ("users", "admins", "writers"):
        found.role(name)
    return found


def group(federation: Federation, name: str, role: str, precedence: int) -> None:
    where = {"UserPoolId": federation.users.id, "GroupName": name}
    federation.users.idp.create_group({**where, "RoleArn": arn(role), "Precedence": precedence})
    federation.users.idp.admin_add_user_to_group({**where, "Username": "ann"})


def arn(role: str) -> str:
    return f"arn:aws:iam::111122223333:role/{role}"


async def test_the_token_says_the_role(federation: Federation) -> None:
    federation.roles({"Type": "Token", "AmbiguousRoleResolution": "AuthenticatedRole"}, authenticated=arn("users"))
    assert await taken(federation) == "users"
    group(federation, "writers", "writers", 5)
    assert await taken(federation) == "writers"
    group(federation, "admins", "admins", 5)
    assert await taken(federation) == "users", "two groups of one precedence have no preferred role"
    assert await taken(federation, CustomRoleArn=arn("admins")) == "admins"
    with pytest.raises(AwsError) as raised:
        await taken(federation, CustomRoleArn=arn("users"))
    assert raised.value.code == "NotAuthorizedException"


async def test_ambiguous_roles_are_denied_where_that_is_wanted(federation: Federation) -> None:
    federation.roles({"Type": "Token", "AmbiguousRoleResolution": "Deny"}, authenticated=arn("users"))
    with pytest.raises(AwsError) as raised:
        await taken(federation)
    assert raised.value.code == "NotAuthorizedException"


@pytest.mark.parametrize(
    ("how", "claim", "value", "role"),
    [
        ("Equals", "cognito:username", "ann", "admins"),
        ("Equals", "cognito:username", "an", "users"),
        ("StartsWith", "cognito:username", "an", "admins"),
        ("Contains", "cognito:username", "nn", "admins"),
        ("NotEqual", "cognito:username", "bob", "admins"),
        ("NotEqual", "custom:absent", "bob", "users"),
    ],
)
async def test_a_rule_says_the_role(federation: Federation, how: str, claim: str, value: str, role: str) -> None:
    rules = [
        {"Claim": claim, "MatchType": how, "Value": value, "RoleARN": arn("admins")},
        {"Claim": "cognito:username", "MatchType": "Equals", "Value": "bob", "RoleARN": arn("writers")},
    ]
    mapping = {"Type": "Rules", "AmbiguousRoleResolution": "AuthenticatedRole", "RulesConfiguration": {"Rules": rules}}
    federation.roles(mapping, authenticated=arn("users"))
    assert await taken(federation) == role


async def test_mappings_that_say_nothing_are_refused(federation: Federation) -> None:
    for mapping in ({"Type": "Token"}, {"Type": "Rules", "AmbiguousRoleResolution": "Deny"}):
        with pytest.raises(AwsError) as raised:
            federation.roles(mapping, authenticated=arn("users"))
        assert raised.value.code == "InvalidParameterException"
    assert federation.owner.get_identity_pool_roles({"IdentityPoolId": federation.id})["Roles"] == {}


async def test_setting_a_role_needs_permission_to_pass_it(federation: Federation) -> None:
    iam = federation.aws.iam
    iam.create_user({"UserName": "dev"})
    policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"cognito-identity:*","Resource":"*"}]}'
    iam.put_user_policy({"UserName": "dev", "PolicyName": "p", "PolicyDocument": policy})
    from foulweather.policy.principal import Principal

    user = iam.get_user({"UserName": "dev"})["User"]
    dev = federation.aws.as_principal(Principal("user", user["Arn"], "111122223333", user["UserId"]))
    with pytest.raises(AwsError) as raised:
        getattr(dev, "cognito-identity").set_identity_pool_roles(
            {"IdentityPoolId": federation.id, "Roles": {"authenticated": arn("users")}}
        )
    assert (raised.value.code, "iam:PassRole" in raised.value.message) == ("AccessDeniedException", True)
