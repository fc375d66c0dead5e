"""Domain names: where requests go by routing rules, which TLS they are spoken to in, and what a wildcard takes."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import Handshake, HttpRequest
from foulweather.services.apigateway import traffic
from foulweather.services.apigateway.region_records import DomainName, Mapping, Place
from foulweather.services.apigateway.state import Places
from harness import ACCOUNT, REGION
from services.apigateway.rest.served import Web, method

SHOP = "shop.example.com"


class Shop(Web):
    """A domain name whose requests go by rules, and an API with the stages `prod`, `beta` and `last`."""

    def __init__(self) -> None:
        super().__init__()
        responses = {"200": {"statusCode": "200", "responseTemplates": {"application/json": "$context.path"}}}
        mock = {"type": "MOCK", "requestTemplates": {"application/json": '{"statusCode": 200}'}}
        any_path = {"/": {"GET": method()}, "/{proxy+}": {"GET": method({**mock, "integrationResponses": responses})}}
        for name in ("prod", "beta", "last"):
            self.api(any_path, {"stageName": name})
        self.domain(SHOP, routing_mode="ROUTING_RULE_ONLY")

    def domain(self, name: str, **more: Any) -> DomainName:
        """A domain name that is there already."""
        types = {"types": [more.pop("kind", "REGIONAL")]}
        made = DomainName(domain_name=name, created_ms=self.aws.now, endpoint_configuration=types, **more)
        self.state.domains.put(name, made)
        self.aws.world.state(Places).domains.put(f"{name}@{REGION}", Place(account=ACCOUNT, region=REGION))
        return made

    def rule(self, priority: int, stage: str, *conditions: dict[str, Any], strip: bool = False) -> dict[str, Any]:
        """A rule that leads to a stage."""
        return self.aws.apigatewayv2.create_routing_rule(self.asked(priority, stage, *conditions, strip=strip))

    def asked(self, priority: int, stage: str, *conditions: dict[str, Any], strip: bool = False) -> dict[str, Any]:
        action = {"InvokeApi": {"ApiId": "api1", "Stage": stage, **({"StripBasePath": True} if strip else {})}}
        return {"DomainName": SHOP, "Priority": priority, "Actions": [action], "Conditions": list(conditions)}


def headers(*pairs: tuple[str, str]) -> dict[str, Any]:
    """A condition that one of some headers meets."""
    return {"MatchHeaders": {"AnyOf": [{"Header": name, "ValueGlob": glob} for name, glob in pairs]}}


def paths(*bases: str) -> dict[str, Any]:
    """A condition that a path under one of some base paths meets."""
    return {"MatchBasePaths": {"AnyOf": list(bases)}}


@pytest.fixture
async def shop() -> Shop:
    return Shop()


async def test_rules_are_looked_at_in_order_and_the_first_that_fits_decides(shop: Shop) -> None:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-routing-rules-examples.html, example 1
    shop.rule(50, "beta", headers(("Accept", "image/webp")), headers(("Pet", "Dog-*")), paths("PetStoreShopper"))
    shop.rule(10, "prod", headers(("Hello", "World")))
    shop.rule(100, "last")
    assert await stage(shop, "/x", Hello="World") == "prod"
    assert await stage(shop, "/PetStoreShopper", Hello="World", Pet="Dog-Bella", Accept="image/webp") == "prod"
    assert await stage(shop, "/PetStoreShopper", pet="Dog-Bella", accept="image/webp") == "beta"
    assert await stage(shop, "/PetStoreShopper", Pet="Dog-Bella") == "last"
    assert await stage(shop, "/petstoreshopper", Pet="Dog-Bella", Accept="image/webp") == "last"
    assert await stage(shop, "/PetStoreShopper2", Pet="Dog-Bella", Accept="image/webp") == "last"
    assert await stage(shop, "/x", Hello="world") == "last"


async def stage(shop: Shop, path: str, *, host: str = SHOP, **sent: str) -> str:
    """The stage that answers a request."""
    sent = {name.replace("_", "-"): value for name, value in sent.items()}
    response = await shop.ask("GET", path, sent, host=host, stage="")
    if response.status != 200:
        return str(response.status)
    events = [event for event in shop.aws.world.journal if event.kind == "apigateway.Request"]
    return str(events[-1].facts["stage"])


async def test_globs_and_base_paths(shop: Shop) -> None:
    shop.rule(1, "prod", headers(("x-version", "a*"), ("x-version", "*z"), ("cookie", "*ux=beta*")))
    shop.rule(2, "beta", paths("/orders/new", "v1"), strip=True)
    for sent in ({"X_Version": "alpha"}, {"x_version": "fuzz"}, {"Cookie": "a=b; ux=beta; c=d"}):
        assert await stage(shop, "/x", **sent) == "prod", sent
    assert await stage(shop, "/x", x_version="ba") == "403"
    response = await shop.ask("GET", "/orders/new/7", host=SHOP, stage="")
    assert response.body == b"/orders/new/7"  # what the client asked for, of which the API saw /7
    assert await stage(shop, "/orders") == "403"
    assert await stage(shop, "/v1") == "beta"


async def test_mappings_come_after_rules_where_the_mode_says_so(shop: Shop) -> None:
    shop.rule(1, "prod", paths("pets"))
    shop.state.mappings.put(f"{SHOP}/", Mapping(id="m", domain=SHOP, base_path="", api_id="api1", stage="last"))
    assert [await stage(shop, path) for path in ("/pets/1", "/x")] == ["prod", "403"]
    for mode, expected in (
        ("ROUTING_RULE_THEN_BASE_PATH_MAPPING", ["prod", "last"]),
        ("BASE_PATH_MAPPING_ONLY", ["last"] * 2),
    ):
        shop.domain(SHOP, routing_mode=mode)
        assert [await stage(shop, path) for path in ("/pets/1", "/x")] == expected, mode


async def test_rules_are_kept_changed_and_deleted(shop: Shop) -> None:
    v2 = shop.aws.apigatewayv2
    late, early = shop.rule(20, "prod"), shop.rule(3, "beta", headers(("a", "b")))
    listed = v2.list_routing_rules({"DomainName": SHOP, "MaxResults": 1})
    assert [rule["Priority"] for rule in listed["RoutingRules"]] == [3]
    rest = v2.list_routing_rules({"DomainName": SHOP, "NextToken": listed["NextToken"]})["RoutingRules"]
    assert rest == [late]
    named = {"DomainName": SHOP, "RoutingRuleId": early["RoutingRuleId"]}
    assert v2.get_routing_rule(named) == early
    assert early["RoutingRuleArn"].endswith(f"/domainnames/{SHOP}/routingrules/{early['RoutingRuleId']}")
    put = v2.put_routing_rule({**shop.asked(5, "last"), **named})
    assert (put["RoutingRuleId"], put["Priority"], put["Conditions"]) == (early["RoutingRuleId"], 5, [])
    v2.delete_routing_rule(named)
    assert refusal(v2.get_routing_rule, named) == ("NotFoundException", 404)
    shop.aws.apigateway.delete_domain_name({"domainName": SHOP})
    assert not shop.state.routing_rules


def refusal(operation: Any, request: dict[str, Any]) -> tuple[str, int]:
    """The code and status by which a call is refused."""
    with pytest.raises(AwsError) as refused:
        operation(request)
    return refused.value.code, refused.value.status


async def test_rules_that_cannot_be_are_refused(shop: Shop) -> None:
    create = shop.aws.apigatewayv2.create_routing_rule
    shop.rule(1, "prod")
    bad = ("BadRequestException", 400)
    wrong: list[tuple[dict[str, Any], tuple[str, int]]] = [
        (shop.asked(1, "beta"), ("ConflictException", 409)),
        (shop.asked(0, "beta"), bad),
        (shop.asked(1_000_001, "beta"), bad),
        (shop.asked(2, "none"), bad),
        (shop.asked(2, "beta", headers(("a", "b*c"))), bad),
        (shop.asked(2, "beta", headers(("a b", "c"))), bad),
        (shop.asked(2, "beta", headers()), bad),
        (shop.asked(2, "beta", paths("a"), paths("b")), bad),
        (shop.asked(2, "beta", *[headers(("a", "b"))] * 3), bad),
        (shop.asked(2, "beta", {}), bad),
        (shop.asked(2, "beta", strip=True), bad),
        ({**shop.asked(2, "beta"), "Actions": []}, bad),
        ({**shop.asked(2, "beta"), "DomainName": "other.example.com"}, ("NotFoundException", 404)),
        ({**shop.asked(2, "beta"), "DomainNameId": "abc"}, ("NotImplemented", 501)),
    ]
    other = shop.asked(2, "beta")
    other["Actions"][0]["InvokeApi"]["ApiId"] = "none"
    for request, expected in [*wrong, (other, ("NotFoundException", 404))]:
        assert refusal(create, request) == expected, request
    assert len(shop.state.routing_rules) == 1


async def test_a_wildcard_takes_every_name_of_one_part_more(shop: Shop) -> None:
    for name in ("*.example.com", "*.deep.example.com"):
        shop.domain(name)
        shop.state.mappings.put(f"{name}/", Mapping(id="m", domain=name, base_path="", api_id="api1", stage="prod"))
    shop.rule(1, "beta")
    assert await stage(shop, "/x", host="any.example.com") == "prod"
    assert await stage(shop, "/x", host="any.example.com.localhost") == "prod"
    assert await stage(shop, "/x", host="a.deep.example.com") == "prod"
    assert await stage(shop, "/x", host=SHOP) == "beta"  # it has its own
    for host in ("a.b.example.com", "example.com"):
        request = HttpRequest("GET", "/x", "", [("Host", host)])
        assert not traffic.serves(shop.aws.world, request), host


async def test_security_policies_say_how_a_name_is_spoken_to(shop: Shop) -> None:
    world = shop.aws.world
    assert traffic.terms(world, "none.example.com") is None
    for policy, kind, version in (
        ("TLS_1_2", "REGIONAL", "TLSv1.2"),
        ("TLS_1_0", "EDGE", "TLSv1"),
        ("SecurityPolicy_TLS13_1_3_2025_09", "REGIONAL", "TLSv1.3"),
        ("SecurityPolicy_TLS12_2018_EDGE", "EDGE", "TLSv1.2"),
    ):
        shop.domain("a.example.com", security_policy=policy, kind=kind)
        terms = traffic.terms(world, "a.example.com")
        assert terms is not None
        assert (terms.version_min, terms.asks_client) == (version, False)
    shop.domain("a.example.com", mutual_tls_authentication={"truststoreUri": "s3://b/k"})
    terms = traffic.terms(world, "a.example.com.localhost")
    assert terms is not None
    assert terms.asks_client


async def test_a_strict_name_takes_no_request_of_another_names_handshake(shop: Shop) -> None:
    shop.domain(SHOP, endpoint_access_mode="STRICT", routing_mode="ROUTING_RULE_ONLY")
    shop.rule(1, "prod")
    for name, status in ((SHOP, 200), ("other.example.com", 403)):
        request = HttpRequest("GET", "/x", "", [("Host", SHOP)], tls=True)
        request.handshake = Handshake(name, "TLSv1.3")
        assert (await shop.send(request)).status == status


async def test_a_handshake_that_came_to_nothing_is_on_record(shop: Shop) -> None:
    shop.domain(SHOP, mutual_tls_authentication={"truststoreUri": "s3://b/k"}, security_policy="TLS_1_2")
    for reason, words in (
        ("PEER_DID_NOT_RETURN_A_CERTIFICATE", "showed no certificate"),
        ("CERTIFICATE_VERIFY_FAILED: unsuitable certificate purpose", "none for TLS clients"),
        ("UNSUPPORTED_PROTOCOL", "its security policy is TLS_1_2"),
        ("TLSV1_ALERT_UNKNOWN_CA", "trust the server's certificate"),
    ):
        traffic.unmet(shop.aws.world, SHOP, reason)
        assert words in shop.why().cause
