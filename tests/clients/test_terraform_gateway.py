"""A REST API with all that hangs on it through Terraform: it stays as planned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from clients.running import Cloud
from clients.test_terraform import NOTHING_TO_CHANGE, Terraform
from foulweather.kernel.services import Services

pytestmark = [pytest.mark.client, pytest.mark.slow, pytest.mark.needs("terraform", "terraform-provider-aws")]


def certificate(name: str) -> tuple[str, str]:
    """A self-signed certificate for a name, and its key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return built.public_bytes(pem).decode(), private.decode()


def test_a_rest_api_is_made_changed_and_destroyed(cloud: Cloud, tmp_path: Path) -> None:
    cloud.foulweather(
        "clock", "release", "--rate", "30"
    )  # AWS paces what Terraform does here: UpdateUsagePlan, DeleteRestApi
    terraform = Terraform(cloud, tmp_path / "gateway", "gateway")
    options: list[str] = ["-input=false"]
    if Services().find("acm") is not None:  # domain names need its certificates
        body, key = certificate("api.example.com")
        options += [f"-var=certificate={body}", f"-var=certificate_key={key}"]
    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", *options)
    terraform("plan", "-detailed-exitcode", *options, status=NOTHING_TO_CHANGE)
    gateway = cloud.client("apigateway")
    api = terraform.outputs()["api"]
    stage = gateway.get_stage(restApiId=api, stageName="prod")
    assert stage["methodSettings"]["*/*"]["throttlingRateLimit"] == 100
    assert stage["methodSettings"]["orders/POST"]["throttlingBurstLimit"] == 10
    assert stage["variables"] == {"backend": "backend.example.com"}
    before = stage["deploymentId"]

    terraform("apply", "-auto-approve", *options, "-var=rate=200")
    terraform("plan", "-detailed-exitcode", *options, "-var=rate=200", status=NOTHING_TO_CHANGE)
    stage = gateway.get_stage(restApiId=api, stageName="prod")
    assert stage["methodSettings"]["*/*"]["throttlingRateLimit"] == 200
    assert stage["deploymentId"] != before
    assert len(gateway.get_deployments(restApiId=api)["items"]) == 1

    terraform("destroy", "-auto-approve", *options)
    assert gateway.get_rest_apis()["items"] == []
    assert gateway.get_usage_plans()["items"] == []
    assert gateway.get_api_keys()["items"] == []
    assert gateway.get_domain_names()["items"] == []
