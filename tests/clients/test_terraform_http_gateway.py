"""HTTP and WebSocket APIs with all that hangs on them through Terraform: they stay as planned."""

from __future__ import annotations

from pathlib import Path

import pytest

from clients.running import Cloud
from clients.test_terraform import NOTHING_TO_CHANGE, Terraform
from clients.test_terraform_gateway import certificate
from foulweather.kernel.services import Services

pytestmark = [pytest.mark.client, pytest.mark.slow, pytest.mark.needs("terraform", "terraform-provider-aws")]


def test_an_http_api_is_made_changed_and_destroyed(cloud: Cloud, tmp_path: Path) -> None:
    cloud.foulweather("clock", "release", "--rate", "30")  # AWS takes minutes for a VPC link
    terraform = Terraform(cloud, tmp_path / "http_gateway", "http_gateway")
    options: list[str] = ["-input=false"]
    if Services().find("acm") is not None:  # domain names need its certificates
        body, key = certificate("http.example.com")
        options += [f"-var=certificate={body}", f"-var=certificate_key={key}"]
    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", *options)
    terraform("plan", "-detailed-exitcode", *options, status=NOTHING_TO_CHANGE)
    gateway = cloud.client("apigatewayv2")
    api = terraform.outputs()["api"]
    stage = gateway.get_stage(ApiId=api, StageName="$default")
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == 100
    assert stage["RouteSettings"]["GET /orders/{id}"]["ThrottlingBurstLimit"] == 5
    before = stage["DeploymentId"]

    terraform("apply", "-auto-approve", *options, "-var=rate=200")
    terraform("plan", "-detailed-exitcode", *options, "-var=rate=200", status=NOTHING_TO_CHANGE)
    stage = gateway.get_stage(ApiId=api, StageName="$default")
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == 200
    assert stage["DeploymentId"] != before, "it deploys by itself"

    terraform("destroy", "-auto-approve", *options)
    assert gateway.get_apis()["Items"] == []
    assert gateway.get_domain_names()["Items"] == []
    assert gateway.get_vpc_links()["Items"] == []
