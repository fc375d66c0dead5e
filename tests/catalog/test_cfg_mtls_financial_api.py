"""An API for banks: a custom domain name that wants a client certificate, of the bank's own authority, in time."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from catalog.configurations import refused, user, visit
from catalog.functions import function, let_in
from catalog.gateways import Api, lambda_proxy, let_write, mock, rest_api, set_stage
from catalog.test_cfg_apigw_custom_domain import DOMAIN, REGIONAL, certificate
from catalog.test_cfg_apigw_execution_logs import log
from foulweather.kernel.http import Handshake, HttpRequest, HttpResponse
from foulweather.kernel.why import Why
from foulweather.testing import Aws
from pki import Certified, authority

BUCKET, KEY = "trust-123456789012", "truststore.pem"
URI = f"s3://{BUCKET}/{KEY}"
WHO = '{"subject": "$context.identity.clientCert.subjectDN", "until": "$context.identity.clientCert.validity.notAfter"}'


class Bank:
    """A root, the authority below it that signs clients, and the truststore of both."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws
        self.root = authority("Root", now_ms=aws.now_ms)
        self.issuing = authority("Issuing", self.root, now_ms=aws.now_ms)
        self.s3: Any = aws.client("s3")
        self.s3.create_bucket(Bucket=BUCKET)
        self.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        self.version = self.trust(self.issuing, self.root)

    def trust(self, *trusted: Certified) -> str:
        """The version of a truststore that holds these."""
        body = "".join(each.pem for each in trusted).encode()
        return self.s3.put_object(Bucket=BUCKET, Key=KEY, Body=body)["VersionId"]

    def client(self, name: str = "payments", **of: Any) -> Certified:
        """A client's certificate."""
        return Certified(name, self.issuing, now_ms=self.aws.now_ms, **of)


@pytest.fixture
def bank(aws: Aws) -> Bank:
    return Bank(aws)


@pytest.fixture
def api(aws: Aws, bank: Bank) -> Api:
    """An API that tells who comes, under a domain name with mutual TLS alone."""
    api = rest_api(aws, {"/accounts": {"get": mock(WHO)}})
    api.gateway.create_domain_name(
        domainName=DOMAIN,
        regionalCertificateArn=certificate(aws),
        endpointConfiguration=REGIONAL,
        securityPolicy="TLS_1_2",
        mutualTlsAuthentication={"truststoreUri": URI, "truststoreVersion": bank.version},
    )
    api.gateway.create_base_path_mapping(domainName=DOMAIN, basePath="v1", restApiId=api.id, stage="prod")
    closes = [{"op": "replace", "path": "/disableExecuteApiEndpoint", "value": "true"}]
    api.gateway.update_rest_api(restApiId=api.id, patchOperations=closes)
    return api.deploy()


def come(aws: Aws, *chain: Certified, path: str = "/v1/accounts", tls: bool = True, host: str = DOMAIN) -> HttpResponse:
    """A request of a client that showed these certificates in its handshake."""
    request = HttpRequest("GET", path, "", [("Host", host)], tls=tls)
    if tls:
        shown = tuple(each.der for each in chain)
        request.handshake = Handshake(DOMAIN, "TLSv1.3", "TLS_AES_256_GCM_SHA384", shown)
    return sent(aws, request)


def sent(aws: Aws, request: HttpRequest) -> HttpResponse:
    """The answer to a request."""
    return aws._thread.run(asyncio.wait_for(aws._serve(request), 30))


def why(aws: Aws, response: HttpResponse) -> Why:
    """Why a request was refused, as `foulweather why` tells it."""
    request_id = next(
        value for name, value in response.headers if name.lower() in ("x-amzn-requestid", "apigw-requestid")
    )
    trace = aws.why(request_id)
    assert trace is not None
    return next(hop.why for hop in trace.hops if hop.why is not None)


def test_only_a_certificate_of_the_banks_own_reaches_the_api(aws: Aws, bank: Bank, api: Api) -> None:
    known = come(aws, bank.client())
    assert known.status == 200
    assert json.loads(known.body)["subject"] == "CN=payments,O=Bank,C=DE"
    assert json.loads(known.body)["until"].endswith(" GMT")
    other = authority("Issuing", now_ms=aws.now_ms)  # of the same name
    strangers = {
        "nobody": come(aws),
        "self signed": come(aws, Certified("payments", now_ms=aws.now_ms)),
        "foreign": come(aws, Certified("payments", other, now_ms=aws.now_ms), other),
        "of a client": come(aws, Certified("thief", bank.client(), now_ms=aws.now_ms), bank.client()),
        "plain": come(aws, tls=False),
    }
    for name, response in strangers.items():
        assert (response.status, response.body) == (403, b'{"message":"Forbidden"}'), name
    assert "showed no certificate" in why(aws, strangers["nobody"]).cause
    assert "plain HTTP" in why(aws, strangers["plain"]).cause
    assert "does not have it" in why(aws, strangers["self signed"]).cause
    foreign = why(aws, strangers["foreign"])
    assert "which the truststore of api.example.com does not have" in foreign.cause
    assert foreign.facts[0].property == "mutualTlsAuthentication"
    assert foreign.facts[0].set_by is not None
    assert ("issuer", "CN=Issuing,O=Bank,C=DE") in [(fact.property, fact.value) for fact in foreign.facts]
    # The API's own endpoint is closed, so that nobody comes round.
    assert api.ask("GET", "/accounts").status == 403


def test_a_certificate_is_good_until_it_expires_by_the_worlds_clock(aws: Aws, bank: Bank, api: Api) -> None:
    client = bank.client(days=30)
    assert come(aws, client).status == 200
    aws.advance("31d")
    expired = come(aws, client)
    assert expired.status == 403
    reason = why(aws, expired)
    assert "certificate expired" in reason.cause
    assert "notAfter" in [fact.property for fact in reason.facts]
    assert come(aws, bank.client(days=30)).status == 200  # a renewed one


def test_weak_keys_and_long_chains_are_refused(aws: Aws, bank: Bank, api: Api) -> None:
    weak = bank.client(key=rsa.generate_private_key(65537, 1024))
    assert "RSA key of 1024 bits" in why(aws, come(aws, weak)).cause
    assert come(aws, bank.client(key=rsa.generate_private_key(65537, 2048))).status == 200
    garbage = HttpRequest("GET", "/v1/accounts", "", [("Host", DOMAIN)], tls=True)
    garbage.handshake = Handshake(DOMAIN, chain=(b"no certificate",))
    assert sent(aws, garbage).status == 403
    chain = [bank.root]
    for number in range(4):
        chain.append(authority(f"Level {number}", chain[-1], now_ms=aws.now_ms))
    trusted(api, bank.trust(*chain))
    assert come(aws, Certified("deep", chain[3], now_ms=aws.now_ms)).status == 200  # below four authorities
    assert "more than 4" in why(aws, come(aws, Certified("deeper", chain[4], now_ms=aws.now_ms))).cause


def trusted(api: Api, version: str) -> dict[str, Any]:
    """Have the domain name take a version of the truststore."""
    path = "/mutualTlsAuthentication/truststoreVersion"
    patches = [{"op": "replace", "path": path, "value": version}]
    return api.gateway.update_domain_name(domainName=DOMAIN, patchOperations=patches)


def test_a_truststore_is_read_when_the_domain_name_is_told_to(aws: Aws, bank: Bank, api: Api) -> None:
    client = bank.client()
    other = authority("Other", now_ms=aws.now_ms)
    version = bank.trust(other)
    assert come(aws, client).status == 200  # nobody has told it yet
    assert trusted(api, version)["mutualTlsAuthentication"] == {"truststoreUri": URI, "truststoreVersion": version}
    assert come(aws, client).status == 403
    assert come(aws, Certified("new", other, now_ms=aws.now_ms)).status == 200
    # The whole chain must be there, up to the root: what the client sends of it does not count.
    trusted(api, bank.trust(bank.root))
    assert come(aws, client, bank.issuing).status == 403
    trusted(api, bank.trust(bank.issuing))
    assert come(aws, client).status == 403
    # A certificate that a client signed itself may be in it.
    own = Certified("lone", now_ms=aws.now_ms)
    trusted(api, bank.trust(own))
    assert come(aws, own).status == 200
    patches = [{"op": "replace", "path": "/mutualTlsAuthentication/truststoreUri", "value": ""}]
    off = api.gateway.update_domain_name(domainName=DOMAIN, patchOperations=patches)
    assert "mutualTlsAuthentication" not in off
    assert come(aws).status == 200


def test_what_a_truststore_cannot_trust_is_warned_of(aws: Aws, bank: Bank, api: Api) -> None:
    old = authority("Old", now_ms=aws.now_ms, days=1)
    weak = Certified("Weak", now_ms=aws.now_ms, key=rsa.generate_private_key(65537, 1024), is_authority=True)
    version = bank.trust(bank.issuing, bank.root, old, weak)
    aws.advance("2d")
    warnings = trusted(api, version)["mutualTlsAuthentication"]["truststoreWarnings"]
    for warning, words in zip(warnings, (("CN=Old", "expired"), ("CN=Weak", "1024")), strict=True):
        assert all(word in warning for word in words), warning
    assert come(aws, bank.client()).status == 200  # mutual TLS is on all the same
    shown = api.gateway.get_domain_name(domainName=DOMAIN)
    assert shown["mutualTlsAuthentication"]["truststoreWarnings"] == warnings
    assert "truststore" not in shown


def test_mutual_tls_that_cannot_be_is_refused(aws: Aws, bank: Bank) -> None:
    gateway: Any = aws.client("apigateway")
    arn = certificate(aws)

    def message(uri: str = URI, **more: Any) -> str:
        asked = {"domainName": DOMAIN, "regionalCertificateArn": arn, "endpointConfiguration": REGIONAL, **more}
        error = refused(gateway.create_domain_name, **asked, mutualTlsAuthentication={"truststoreUri": uri})
        assert error["Code"] == "BadRequestException"
        return error["Message"]

    assert "s3://bucket/key" in message("https://example.com/truststore.pem")
    assert "NoSuchKey" in message(f"s3://{BUCKET}/none.pem")
    bank.s3.put_object(Bucket=BUCKET, Key="text", Body=b"no certificates")
    assert "no certificates in PEM" in message(f"s3://{BUCKET}/text")
    edge = {"certificateArn": arn, "endpointConfiguration": {"types": ["EDGE"]}}
    assert "REGIONAL" in message(**edge)
    assert "Mutual TLS is not supported" in message(
        securityPolicy="SecurityPolicy_TLS13_1_3_2025_09", endpointAccessMode="BASIC"
    )
    assert not gateway.get_domain_names()["items"]
    session, _ = user(aws, "deployer", {"Effect": "Allow", "Action": ["apigateway:*", "acm:*"], "Resource": "*"})
    limited = session.client("apigateway")
    asked = {"domainName": DOMAIN, "regionalCertificateArn": arn, "endpointConfiguration": REGIONAL}
    error = refused(limited.create_domain_name, **asked, mutualTlsAuthentication={"truststoreUri": URI})
    assert "AccessDenied" in error["Message"]  # "you must have permissions to access the S3 object"
    only = {"StringLike": {"apigateway:Request/MtlsTrustStoreUri": "s3://approved-*"}}
    allowed = {"Effect": "Allow", "Action": ["acm:*", "s3:*"], "Resource": "*"}
    bound = {"Effect": "Allow", "Action": "apigateway:*", "Resource": "*", "Condition": only}
    session, _ = user(aws, "careful", allowed, bound)
    limited = session.client("apigateway")
    error = refused(limited.create_domain_name, **asked, mutualTlsAuthentication={"truststoreUri": URI})
    assert error["Code"] == "AccessDeniedException"


def test_an_imported_certificate_needs_proof_of_ownership(aws: Aws, bank: Bank) -> None:
    gateway: Any = aws.client("apigateway")
    acm: Any = aws.client("acm")
    own = Certified(DOMAIN, now_ms=aws.now_ms)
    form = serialization.PrivateFormat.PKCS8
    key = own.key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    imported = acm.import_certificate(Certificate=own.pem.encode(), PrivateKey=key)["CertificateArn"]
    asked = {
        "domainName": DOMAIN,
        "regionalCertificateArn": imported,
        "endpointConfiguration": REGIONAL,
        "mutualTlsAuthentication": {"truststoreUri": URI},
    }
    assert "ownership verification certificate" in refused(gateway.create_domain_name, **asked)["Message"]
    made = gateway.create_domain_name(**asked, ownershipVerificationCertificateArn=certificate(aws))
    assert made["domainNameStatus"] == "AVAILABLE"


def test_a_function_learns_who_the_client_is(aws: Aws, bank: Bank, api: Api) -> None:
    code = "import json\ndef handler(e, c): return {'statusCode': 200, 'body': json.dumps(e['requestContext'])}"
    arn = function(aws, "who", code)
    own = rest_api(aws, {"/who": {"get": lambda_proxy(aws, arn)}}, "who", name="who")
    api.gateway.create_base_path_mapping(domainName=DOMAIN, basePath="who", restApiId=own.id, stage="prod")
    client = bank.client()
    shown = json.loads(come(aws, client, path="/who/who").body)["identity"]["clientCert"]
    assert shown["subjectDN"] == "CN=payments,O=Bank,C=DE"
    assert shown["issuerDN"] == "CN=Issuing,O=Bank,C=DE"
    assert shown["serialNumber"] == "a1:b2:c3"
    assert shown["clientCertPem"].startswith("-----BEGIN CERTIFICATE-----\n")
    assert sorted(shown["validity"]) == ["notAfter", "notBefore"]
    http: Any = aws.client("apigatewayv2")
    direct = http.create_api(Name="direct", ProtocolType="HTTP", Target=arn)["ApiId"]
    aws.client("lambda").remove_permission(FunctionName="who", StatementId="apigateway")
    let_in(aws, "who", "apigateway", f"arn:aws:execute-api:{aws.region}:{aws.account}:{direct}/*")
    http.create_api_mapping(DomainName=DOMAIN, ApiMappingKey="http", ApiId=direct, Stage="$default")
    answer = come(aws, client, path="/http/x")
    assert json.loads(answer.body)["authentication"]["clientCert"] == shown
    assert come(aws, path="/http/x").status == 403
    assert "showed no certificate" in why(aws, come(aws, path="/http/x")).cause


def test_the_execution_log_says_why(aws: Aws, bank: Bank, api: Api) -> None:
    let_write(aws, api)
    set_stage(api, logging_loglevel="ERROR")
    come(aws, Certified("payments", now_ms=aws.now_ms))
    assert any("Access denied. Reason: self signed certificate" in line for line in log(aws, api))


def test_by_the_other_api_too(aws: Aws, bank: Bank) -> None:
    http: Any = aws.client("apigatewayv2")
    configuration = {"CertificateArn": certificate(aws), "EndpointType": "REGIONAL", "SecurityPolicy": "TLS_1_2"}
    made = http.create_domain_name(
        DomainName=DOMAIN,
        DomainNameConfigurations=[configuration],
        MutualTlsAuthentication={"TruststoreUri": URI, "TruststoreVersion": bank.version},
    )
    assert made["MutualTlsAuthentication"] == {"TruststoreUri": URI, "TruststoreVersion": bank.version}
    version = bank.trust(bank.root)
    change = {"DomainName": DOMAIN, "MutualTlsAuthentication": {"TruststoreVersion": version}}
    error = refused(http.update_domain_name, **change)
    assert error["Message"] == "Invalid input. Expected one domain name configuration"
    changed = http.update_domain_name(**change, DomainNameConfigurations=[configuration])
    assert changed["MutualTlsAuthentication"] == {"TruststoreUri": URI, "TruststoreVersion": version}
    off = {"DomainName": DOMAIN, "MutualTlsAuthentication": {"TruststoreUri": ""}}
    assert "MutualTlsAuthentication" not in http.update_domain_name(**off, DomainNameConfigurations=[configuration])


def test_a_name_without_mutual_tls_takes_anybody(aws: Aws, bank: Bank) -> None:
    api = rest_api(aws, {"/accounts": {"get": mock(WHO)}})
    api.gateway.create_domain_name(
        domainName=DOMAIN, regionalCertificateArn=certificate(aws), endpointConfiguration=REGIONAL
    )
    api.gateway.create_base_path_mapping(domainName=DOMAIN, restApiId=api.id, stage="prod")
    assert visit(aws, "GET", f"https://{DOMAIN}/accounts").status == 200
