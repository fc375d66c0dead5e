from __future__ import annotations

import json

import pytest
from cryptography import x509

from foulweather.kernel.services import Services
from foulweather.services.apigateway import domain_certificates
from foulweather.services.apigateway.region_records import DomainName
from foulweather.services.apigateway.state import RestState
from harness import ACCOUNT, REGION, Aws
from services.apigateway.gateway_calls import Shop, made_api, patches, refused, words
from services.apigateway.test_stages import logging_role

BALANCER = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/net/inner/0123456789abcdef"


def with_domain(aws: Aws, name: str = "api.example.com") -> Shop:
    """An API with a stage, and a domain name that is there already."""
    shop = Shop(aws)
    shop.deployed()
    domain = DomainName(domain_name=name, created_ms=aws.now, endpoint_configuration={"types": ["REGIONAL"]})
    aws.world.state(RestState, ACCOUNT, REGION).domains.put(name, domain)
    return shop


def test_a_certificate_is_a_real_one(aws: Aws) -> None:
    made = aws.apigateway.generate_client_certificate({"description": "backend"})
    certificate = x509.load_pem_x509_certificate(made["pemEncodedCertificate"].encode())
    assert int(certificate.not_valid_after_utc.timestamp() * 1000) == made["expirationDate"]
    assert certificate.subject == certificate.issuer
    assert "privateKey" not in made
    asked = {"clientCertificateId": made["clientCertificateId"]}
    operations = patches(("replace", "/description", "other"))
    assert aws.apigateway.update_client_certificate({**asked, "patchOperations": operations})["description"] == "other"
    shop = Shop(aws)
    shop.deployed()
    shop.patch_stage(("replace", "/clientCertificateId", made["clientCertificateId"]))
    assert words(aws.apigateway.delete_client_certificate, asked)[0] == "BadRequestException"


def test_a_domain_name_needs_its_certificate(aws: Aws) -> None:
    arn = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/00000000-0000-0000-0000-000000000000"
    asked = {"domainName": "api.example.com", "endpointConfiguration": {"types": ["REGIONAL"]}}
    error = refused(aws.apigateway.create_domain_name, {**asked, "regionalCertificateArn": arn})
    if Services().find("acm") is None:
        assert (error.code, error.status) == ("NotImplemented", 501)
    else:
        assert (error.code, error.message) == ("BadRequestException", f"Invalid certificate ARN: {arn}")
    far = arn.replace(REGION, "eu-west-1")
    message = words(aws.apigateway.create_domain_name, {**asked, "regionalCertificateArn": far})[1]
    assert message == f"Invalid certificate ARN: {far}. Certificate must be in '{REGION}'."
    assert words(aws.apigateway.create_domain_name, asked)[0] == "BadRequestException"
    private = {**asked, "endpointConfiguration": {"types": ["PRIVATE"]}}
    assert refused(aws.apigateway.create_domain_name, private).status == 501


def test_base_paths_are_mapped_once_to_what_is_there(aws: Aws) -> None:
    shop = with_domain(aws)
    gateway, asked = shop.gateway, {"domainName": "api.example.com", "restApiId": shop.api}
    made = gateway.create_base_path_mapping({**asked, "basePath": "shop", "stage": "prod"})
    assert made == {"basePath": "shop", "restApiId": shop.api, "stage": "prod"}
    assert gateway.create_base_path_mapping(asked) == {"basePath": "(none)", "restApiId": shop.api}
    twice = words(gateway.create_base_path_mapping, {**asked, "basePath": "shop"})
    assert twice == ("ConflictException", "Base path already exists for this domain name")
    deep = words(gateway.create_base_path_mapping, {**asked, "basePath": "a/b"})[1]
    assert deep.startswith("API Gateway V1 doesn't support the slash character (/) in base path mappings.")
    nothing = words(gateway.create_base_path_mapping, {**asked, "basePath": "x", "restApiId": "abc"})
    assert nothing == ("BadRequestException", "Invalid REST API identifier specified")
    stage = words(gateway.create_base_path_mapping, {**asked, "basePath": "x", "stage": "test"})
    assert stage == ("BadRequestException", "Invalid stage identifier specified")
    one = {"domainName": "api.example.com", "basePath": "shop"}
    moved = patches(("replace", "/basePath", "store"))
    assert gateway.update_base_path_mapping({**one, "patchOperations": moved})["basePath"] == "store"
    assert words(gateway.get_base_path_mapping, one)[0] == "NotFoundException"
    error = refused(gateway.delete_rest_api, {"restApiId": shop.api})
    words_of_aws = "Please remove all base path mappings related to the RestApi in your domains."
    assert error.message == f"Deleting RestApi {shop.api} failed. {words_of_aws}"
    for path in ("store", "(none)"):
        gateway.delete_base_path_mapping({"domainName": "api.example.com", "basePath": path})
    assert gateway.get_base_path_mappings({"domainName": "api.example.com"})["items"] == []


def test_gateway_responses_have_defaults(aws: Aws) -> None:
    api = {"restApiId": made_api(aws)["id"]}
    every = aws.apigateway.get_gateway_responses(api)["items"]
    assert len(every) == 21
    assert all(one["defaultResponse"] for one in every)
    throttled = {**api, "responseType": "THROTTLED"}
    default = aws.apigateway.get_gateway_response(throttled)
    assert default["statusCode"] == "429"
    assert default["responseTemplates"] == {"application/json": '{"message":$context.error.messageString}'}
    operations = patches(("add", "/responseParameters/gatewayresponse.header.Retry-After", "'1'"))
    changed = aws.apigateway.update_gateway_response({**throttled, "patchOperations": operations})
    assert changed["defaultResponse"] is False
    assert changed["responseParameters"] == {"gatewayresponse.header.Retry-After": "'1'"}
    wrong = {**throttled, "responseParameters": {"header.x": "'1'"}}
    assert words(aws.apigateway.put_gateway_response, wrong)[0] == "BadRequestException"
    aws.apigateway.delete_gateway_response(throttled)
    code, message = words(aws.apigateway.delete_gateway_response, throttled)
    assert (code, message) == ("NotFoundException", "Gateway response type not defined on api")


async def test_documentation_is_frozen_in_versions(aws: Aws) -> None:
    api = {"restApiId": made_api(aws)["id"]}
    location = {"type": "METHOD", "path": "/orders", "method": "GET"}
    asked = {**api, "location": location, "properties": '{"description": "orders"}'}
    made = aws.apigateway.create_documentation_part(asked)
    assert words(aws.apigateway.create_documentation_part, asked)[0] == "ConflictException"
    for wrong in ({"type": "API", "path": "/"}, {"type": "MODEL"}):
        assert words(aws.apigateway.create_documentation_part, {**asked, "location": wrong})[0] == "BadRequestException"
    aws.apigateway.create_documentation_version({**api, "documentationVersion": "1"})
    again = words(aws.apigateway.create_documentation_version, {**api, "documentationVersion": "1"})
    assert again == ("ConflictException", "Version 1 already exists")
    imported = {
        "openapi": "3.0.1",
        "x-amazon-apigateway-documentation": {
            "documentationParts": [
                {"location": location, "properties": {"description": "new"}},
                {"location": {"type": "API"}, "properties": {"description": "shop"}},
            ]
        },
    }
    body = json.dumps(imported).encode()
    told = aws.apigateway.import_documentation_parts({**api, "body": body, "mode": "merge"})
    assert told["ids"][0] == made["id"]
    parts = aws.apigateway.get_documentation_parts({**api, "type": "METHOD"})["items"]
    assert [json.loads(part["properties"]) for part in parts] == [{"description": "new"}]


async def test_a_vpc_link_fails_without_its_load_balancer(aws: Aws) -> None:
    made = aws.apigateway.create_vpc_link({"name": "inner", "targetArns": [BALANCER]})
    assert made["status"] == "PENDING"
    await aws.advance(seconds=180)
    told = aws.apigateway.get_vpc_link({"vpcLinkId": made["id"]})
    assert (told["status"], bool(told["statusMessage"])) == ("FAILED", True)
    one = {"name": "a", "targetArns": [BALANCER.replace("/net/", "/app/")]}
    assert words(aws.apigateway.create_vpc_link, one)[0] == "BadRequestException"
    shop = Shop(aws)
    linked = {
        "type": "HTTP_PROXY",
        "integrationHttpMethod": "GET",
        "uri": "http://inner/",
        "connectionType": "VPC_LINK",
    }
    shop.gateway.put_integration({**shop.get, **linked, "connectionId": made["id"]})
    code, message = words(aws.apigateway.delete_vpc_link, {"vpcLinkId": made["id"]})
    assert (code, f"[GET:{shop.orders}]" in message) == ("BadRequestException", True)


def test_the_logging_role_must_trust_api_gateway(aws: Aws) -> None:
    assert aws.apigateway.get_account() == {
        "throttleSettings": {"burstLimit": 5000, "rateLimit": 10000.0},
        "features": ["UsagePlans"],
        "apiKeyVersion": "4",
    }
    role = f"arn:aws:iam::{ACCOUNT}:role/missing"
    operations = patches(("replace", "/cloudwatchRoleArn", role))
    code, message = words(aws.apigateway.update_account, {"patchOperations": operations})
    assert (code, message[:61]) == (
        "BadRequestException",
        "The role ARN does not have required permissions configured. P",
    )
    assert aws.apigateway.get_account().get("cloudwatchRoleArn") is None
    assert logging_role(aws) == aws.apigateway.get_account()["cloudwatchRoleArn"]


def test_tags_are_put_on_what_has_them(aws: Aws) -> None:
    shop = Shop(aws)
    shop.deployed()
    for path in (f"/restapis/{shop.api}", f"/restapis/{shop.api}/stages/prod"):
        arn = f"arn:aws:apigateway:{REGION}::{path}"
        aws.apigateway.tag_resource({"resourceArn": arn, "tags": {"a": "1", "b": "2"}})
        aws.apigateway.untag_resource({"resourceArn": arn, "tagKeys": ["a"]})
        assert aws.apigateway.get_tags({"resourceArn": arn}) == {"tags": {"b": "2"}}
    unknown = {"resourceArn": f"arn:aws:apigateway:{REGION}::/restapis/abc"}
    assert words(aws.apigateway.get_tags, unknown)[0] == "NotFoundException"
    reserved = {"resourceArn": f"arn:aws:apigateway:{REGION}::/restapis/{shop.api}", "tags": {"aws:x": "1"}}
    assert words(aws.apigateway.tag_resource, reserved)[0] == "BadRequestException"
    found = aws.resourcegroupstaggingapi.get_resources({"TagFilters": [{"Key": "b", "Values": ["2"]}]})
    assert len(found["ResourceTagMappingList"]) == 2


def test_kinds_of_sdks_are_listed(aws: Aws) -> None:
    kinds = {kind["id"] for kind in aws.apigateway.get_sdk_types()["items"]}
    assert kinds == {"android", "java", "javascript", "objectivec", "ruby", "swift"}
    assert words(aws.apigateway.get_sdk_type, {"id": "cobol"})[0] == "NotFoundException"


@pytest.mark.parametrize(
    ("status", "names", "message"),
    [
        ("PENDING_VALIDATION", ["api.example.com"], "Invalid certificate ARN"),
        ("ISSUED", ["other.example.com"], "The domain name to be created is not covered by the provided certificate."),
        ("ISSUED", ["*.example.com"], ""),
    ],
)
async def test_a_certificate_is_issued_for_the_name(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, status: str, names: list[str], message: str
) -> None:
    def described(*_asked: object) -> dict[str, object]:
        return {"Status": status, "SubjectAlternativeNames": names}

    monkeypatch.setattr(domain_certificates, "_described", described)
    arn = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/00000000-0000-0000-0000-000000000000"
    asked = {
        "domainName": "api.example.com",
        "endpointConfiguration": {"types": ["REGIONAL"]},
        "regionalCertificateArn": arn,
    }
    if message:
        assert words(aws.apigateway.create_domain_name, asked)[1].startswith(message)
        return
    made = aws.apigateway.create_domain_name(asked)
    assert made["regionalDomainName"].endswith(f".execute-api.{REGION}.amazonaws.com")
    assert (made["regionalHostedZoneId"], made["domainNameStatus"]) == ("Z1UJRXOUMOOFQ8", "AVAILABLE")
    elsewhere = aws.in_account("444455556666")
    taken = words(elsewhere.apigateway.create_domain_name, asked)
    assert taken == ("BadRequestException", "The domain name you provided already exists.")
    assert [one["domainName"] for one in aws.apigateway.get_domain_names()["items"]] == ["api.example.com"]
    shop = Shop(aws)
    aws.apigateway.create_base_path_mapping({"domainName": "api.example.com", "restApiId": shop.api})
    aws.apigateway.delete_domain_name({"domainName": "api.example.com"})
    state = aws.world.state(RestState, ACCOUNT, REGION)
    assert (len(state.domains), len(state.mappings)) == (0, 0)
    await aws.advance(seconds=30)
    assert elsewhere.apigateway.create_domain_name(asked)["domainName"] == "api.example.com"
