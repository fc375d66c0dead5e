"""A name of one's own before an API: a regional certificate, and a base path that leads to a stage."""

from __future__ import annotations

import json
from typing import Any

import pytest

from catalog.configurations import refused, visit
from catalog.gateways import Api, mock, rest_api
from foulweather.testing import Aws

DOMAIN = "api.example.com"
REGIONAL = {"types": ["REGIONAL"]}
WHERE = '{"domain": "$context.domainName", "path": "$context.path", "stage": "$context.stage"}'


def certificate(aws: Aws, name: str = DOMAIN, region: str = "us-east-1") -> str:
    """A certificate that is issued."""
    acm: Any = aws.client("acm", region_name=region)
    arn = acm.request_certificate(DomainName=name, ValidationMethod="DNS", KeyAlgorithm="EC_prime256v1")
    aws.advance("5m")
    return arn["CertificateArn"]


@pytest.fixture
def api(aws: Aws) -> Api:
    return rest_api(aws, {"/orders": {"get": mock(WHERE)}})


def mapped(aws: Aws, api: Api, base_path: str = "v1") -> dict[str, Any]:
    """The domain name, with the API's stage under a path of it."""
    made = api.gateway.create_domain_name(
        domainName=DOMAIN, regionalCertificateArn=certificate(aws), endpointConfiguration=REGIONAL
    )
    api.gateway.create_base_path_mapping(domainName=DOMAIN, basePath=base_path, restApiId=api.id, stage="prod")
    return made


def test_the_base_path_leads_to_the_stage_and_an_unknown_one_to_403(aws: Aws, api: Api) -> None:
    made = mapped(aws, api)
    assert made["domainNameStatus"] == "AVAILABLE"
    assert made["regionalDomainName"].endswith(f".execute-api.{aws.region}.amazonaws.com")
    assert made["regionalHostedZoneId"]  # what an alias record needs
    response = visit(aws, "GET", f"https://{DOMAIN}/v1/orders")
    assert response.status == 200
    assert json.loads(response.body) == {"domain": DOMAIN, "path": "/v1/orders", "stage": "prod"}
    for path in ("/v2/orders", "/orders", "/v10/orders", "/"):
        unknown = visit(aws, "GET", f"https://{DOMAIN}{path}")
        assert (unknown.status, unknown.body) == (403, b'{"message":"Forbidden"}'), path


def test_a_new_version_is_one_more_mapping_and_the_old_one_moves_on(aws: Aws, api: Api) -> None:
    mapped(aws, api)
    api.deploy("beta")
    api.gateway.create_base_path_mapping(domainName=DOMAIN, basePath="v2", restApiId=api.id, stage="beta")

    def stage(path: str) -> Any:
        return json.loads(visit(aws, "GET", f"https://{DOMAIN}{path}/orders").body)["stage"]

    assert (stage("/v1"), stage("/v2")) == ("prod", "beta")
    moves = [{"op": "replace", "path": "/stage", "value": "beta"}]
    api.gateway.update_base_path_mapping(domainName=DOMAIN, basePath="v1", patchOperations=moves)
    assert (stage("/v1"), stage("/v2")) == ("beta", "beta")


def test_the_apis_own_endpoint_can_be_closed(aws: Aws, api: Api) -> None:
    mapped(aws, api)
    closes = [{"op": "replace", "path": "/disableExecuteApiEndpoint", "value": "true"}]
    api.gateway.update_rest_api(restApiId=api.id, patchOperations=closes)
    api.deploy()
    assert api.ask("GET", "/orders").status == 403
    assert visit(aws, "GET", f"https://{DOMAIN}/v1/orders").status == 200


def test_the_certificate_must_be_issued_here_and_for_this_name(aws: Aws, api: Api) -> None:
    def message(arn: str) -> str:
        error = refused(
            api.gateway.create_domain_name,
            domainName=DOMAIN,
            regionalCertificateArn=arn,
            endpointConfiguration=REGIONAL,
        )
        assert error["Code"] == "BadRequestException"
        return error["Message"]

    assert "not covered" in message(certificate(aws, "other.example.com"))
    assert f"must be in '{aws.region}'" in message(certificate(aws, region="eu-west-1"))
    acm: Any = aws.client("acm")
    pending = acm.request_certificate(DomainName=DOMAIN, ValidationMethod="DNS", KeyAlgorithm="EC_prime256v1")
    assert "ISSUED" in message(pending["CertificateArn"])


def test_a_certificate_that_a_name_uses_is_not_deleted(aws: Aws, api: Api) -> None:
    held = {"CertificateArn": mapped(aws, api)["regionalCertificateArn"]}
    acm: Any = aws.client("acm")
    assert refused(acm.delete_certificate, **held)["Code"] == "ResourceInUseException"
    api.gateway.delete_domain_name(domainName=DOMAIN)
    assert visit(aws, "GET", f"https://{DOMAIN}/v1/orders").status != 200
    acm.delete_certificate(**held)
