"""Identity pools are made, changed, listed, tagged and deleted; what is not there is not found."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest
from foulweather.policy.principal import ANONYMOUS
from foulweather.services.cognito_identity import traffic
from harness import Aws
from services.cognito_idp.signing import refused


@pytest.fixture
def identities(aws: Aws) -> Any:
    return getattr(aws, "cognito-identity")


def made(identities: Any, name: str = "shop", **members: Any) -> dict[str, Any]:
    return identities.create_identity_pool(
        {"IdentityPoolName": name, "AllowUnauthenticatedIdentities": False, **members}
    )


def test_a_pool_is_described_as_it_was_made_and_changed_whole(identities: Any) -> None:
    pool = made(identities, AllowClassicFlow=True, IdentityPoolTags={"team": "shop"})
    where = {"IdentityPoolId": pool["IdentityPoolId"]}
    assert identities.describe_identity_pool(where) == pool
    changed = identities.update_identity_pool(
        {**where, "IdentityPoolName": "store", "AllowUnauthenticatedIdentities": True}
    )
    assert changed == {
        **where,
        "IdentityPoolName": "store",
        "AllowUnauthenticatedIdentities": True,
        "IdentityPoolTags": {"team": "shop"},
    }
    identities.delete_identity_pool(where)
    with pytest.raises(AwsError) as raised:
        identities.describe_identity_pool(where)
    name = pool["IdentityPoolId"]
    assert refused(raised) == ("ResourceNotFoundException", f"IdentityPool '{name}' not found.")


def test_pools_are_listed_in_pages(identities: Any) -> None:
    ids = {made(identities, f"p{number}")["IdentityPoolId"] for number in range(5)}
    found: list[str] = []
    more: dict[str, str] = {}
    while True:
        page = identities.list_identity_pools({"MaxResults": 2, **more})
        found += [each["IdentityPoolId"] for each in page["IdentityPools"]]
        if "NextToken" not in page:
            break
        more = {"NextToken": page["NextToken"]}
    assert (len(found), set(found)) == (5, ids)
    with pytest.raises(AwsError) as raised:
        identities.list_identity_pools({"MaxResults": 2, "NextToken": "bad"})
    assert raised.value.code == "InvalidParameterException"


def test_tags_are_set_and_removed(aws: Aws, identities: Any) -> None:
    pool = made(identities)["IdentityPoolId"]
    where = {"ResourceArn": f"arn:aws:cognito-identity:us-east-1:{aws.account}:identitypool/{pool}"}
    identities.tag_resource({**where, "Tags": {"a": "1", "b": "2"}})
    identities.untag_resource({**where, "TagKeys": ["a"]})
    assert identities.list_tags_for_resource(where)["Tags"] == {"b": "2"}
    found = aws.resourcegroupstaggingapi.get_resources({"ResourceTypeFilters": ["cognito-identity:identitypool"]})
    assert [each["ResourceARN"] for each in found["ResourceTagMappingList"]] == [where["ResourceArn"]]


def test_identities_are_listed_and_deleted_but_not_another_accounts(aws: Aws, identities: Any) -> None:
    pool = made(identities, AllowUnauthenticatedIdentities=True)["IdentityPoolId"]
    anybody: Any = getattr(Aws(aws.pipeline, ANONYMOUS, "000000000000"), "cognito-identity")
    first, second = (anybody.get_id({"IdentityPoolId": pool})["IdentityId"] for _ in range(2))
    other: Any = getattr(aws.in_account("999988887777"), "cognito-identity")
    left = other.delete_identities({"IdentityIdsToDelete": [first]})["UnprocessedIdentityIds"]
    assert left == [{"IdentityId": first, "ErrorCode": "AccessDenied"}]
    assert identities.delete_identities({"IdentityIdsToDelete": [first]})["UnprocessedIdentityIds"] == []
    listed = identities.list_identities({"IdentityPoolId": pool, "MaxResults": 10})["Identities"]
    assert [each["IdentityId"] for each in listed] == [second]
    with pytest.raises(AwsError) as raised:
        anybody.get_id({"IdentityPoolId": pool, "AccountId": "999988887777"})
    assert raised.value.code == "ResourceNotFoundException"


def test_the_issuer_publishes_its_key(aws: Aws) -> None:
    request = HttpRequest("GET", "/.well-known/jwks_uri", "", [("Host", "cognito-identity.amazonaws.com")])
    assert traffic.serves(aws.world, request)
    answer = traffic.answer(aws.pipeline, request)
    assert b'"alg":"RS512"' in answer.body  # type: ignore[union-attr]


def test_an_identity_pool_needs_a_valid_name(identities: Any) -> None:
    with pytest.raises(AwsError) as raised:
        made(identities, "a/b")
    assert raised.value.code == "InvalidParameterException"
