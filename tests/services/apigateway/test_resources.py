from __future__ import annotations

import pytest

from foulweather.kernel.quotas import Applied, AppliedQuotas
from foulweather.services.apigateway import quotas
from harness import ACCOUNT, REGION, Aws
from services.apigateway.gateway_calls import Shop, patches, words


def child(shop: Shop, part: str, parent: str = "") -> dict[str, str]:
    return {"restApiId": shop.api, "parentId": parent or shop.root, "pathPart": part}


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (
            "a b",
            "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the "
            "beginning and the end.",
        ),
        ("{id", "Resource's path part only allow"),
        ("", "Resource's path part must be specified"),
        ("orders", "Another resource with the same parent already has this name: orders"),
    ],
)
def test_a_path_part_is_of_these_letters_and_free(aws: Aws, part: str, message: str) -> None:
    shop = Shop(aws)
    assert words(shop.gateway.create_resource, child(shop, part))[1].startswith(message)


def test_one_sibling_may_be_a_variable(aws: Aws) -> None:
    shop = Shop(aws)
    made = shop.gateway.create_resource(child(shop, "{id}"))
    assert made["path"] == "/{id}"
    code, message = words(shop.gateway.create_resource, child(shop, "{name}"))
    assert code == "BadRequestException"
    assert message == ("A sibling ({id}) of this resource already has a variable path part -- only one is allowed")


def test_nothing_is_below_a_greedy_variable(aws: Aws) -> None:
    shop = Shop(aws)
    proxy = shop.gateway.create_resource(child(shop, "{proxy+}"))
    message = words(shop.gateway.create_resource, child(shop, "x", proxy["id"]))[1]
    assert message == "Cannot create a child of a resource with a greedy path variable: {proxy+}"


def test_a_renamed_resource_takes_those_below_with_it(aws: Aws) -> None:
    shop = Shop(aws)
    below = shop.gateway.create_resource(child(shop, "{id}", shop.orders))
    asked = {"restApiId": shop.api, "resourceId": shop.orders}
    shop.gateway.update_resource({**asked, "patchOperations": patches(("replace", "/pathPart", "sales"))})
    assert shop.gateway.get_resource({"restApiId": shop.api, "resourceId": below["id"]})["path"] == "/sales/{id}"
    moved = patches(("replace", "/parentId", below["id"]))
    assert (
        words(shop.gateway.update_resource, {**asked, "patchOperations": moved})[1] == "Resources cannot be cyclical."
    )


def test_a_deleted_resource_takes_those_below_with_it(aws: Aws) -> None:
    shop = Shop(aws)
    below = shop.gateway.create_resource(child(shop, "{id}", shop.orders))
    shop.gateway.delete_resource({"restApiId": shop.api, "resourceId": shop.orders})
    asked = {"restApiId": shop.api, "resourceId": below["id"]}
    assert words(shop.gateway.get_resource, asked) == ("NotFoundException", "Invalid Resource identifier specified")
    root = {"restApiId": shop.api, "resourceId": shop.root}
    assert words(shop.gateway.delete_resource, root)[0] == "BadRequestException"


def test_methods_are_embedded_when_asked_for(aws: Aws) -> None:
    shop = Shop(aws)
    asked = {"restApiId": shop.api, "resourceId": shop.orders}
    assert shop.gateway.get_resource(asked)["resourceMethods"] == {"GET": {}}
    embedded = shop.gateway.get_resource({**asked, "embed": ["methods"]})["resourceMethods"]["GET"]
    assert embedded["methodIntegration"]["type"] == "MOCK"
    assert words(shop.gateway.get_resource, {**asked, "embed": ["x"]})[0] == "BadRequestException"


def test_the_quota_of_resources_binds(aws: Aws) -> None:
    shop = Shop(aws)
    applied = Applied(2, aws.now)
    aws.world.state(AppliedQuotas, ACCOUNT).applied.put(f"{REGION}/apigateway/{quotas.RESOURCES.code}", applied)
    code, message = words(shop.gateway.create_resource, child(shop, "more"))
    assert code == "LimitExceededException"
    assert message.startswith("Maximum number of resources for this API has been reached. Please contact AWS")
