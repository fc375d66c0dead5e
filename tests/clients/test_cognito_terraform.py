"""A user pool through Terraform: it stays as planned, and its users really sign in."""

from __future__ import annotations

import base64
import hashlib
import hmac
from pathlib import Path

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from clients.running import Cloud
from clients.test_terraform import NOTHING_TO_CHANGE, Terraform

pytestmark = [pytest.mark.client, pytest.mark.slow, pytest.mark.needs("terraform", "terraform-provider-aws")]


def test_a_pool_is_made_changed_and_destroyed(cloud: Cloud, tmp_path: Path) -> None:
    terraform = Terraform(cloud, tmp_path / "pool", "pool")
    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", "-input=false")
    terraform("plan", "-detailed-exitcode", "-input=false", status=NOTHING_TO_CHANGE)
    made = terraform.outputs()

    name = "Ann@Example.com"
    told = hmac.new(made["secret"].encode(), f"{name}{made['client']}".encode(), hashlib.sha256).digest()
    nobody = boto3.client(
        "cognito-idp",
        endpoint_url=cloud.endpoint,
        region_name="us-east-1",
        config=Config(signature_version=UNSIGNED),
    )
    result = nobody.initiate_auth(
        ClientId=made["client"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={
            "USERNAME": name,
            "PASSWORD": "Correct-horse-1",
            "SECRET_HASH": base64.b64encode(told).decode(),
        },
    )["AuthenticationResult"]
    assert result["ExpiresIn"] == 900
    found = nobody.get_user(AccessToken=result["AccessToken"])
    assert {"Name": "email", "Value": "ann@example.com"} in found["UserAttributes"]

    changes = ("-var=length=12", "-var=callback=https://shop.example.com/back")
    terraform("apply", "-auto-approve", "-input=false", *changes)
    terraform("plan", "-detailed-exitcode", "-input=false", *changes, status=NOTHING_TO_CHANGE)
    pools = cloud.client("cognito-idp")
    pool = pools.describe_user_pool(UserPoolId=made["pool"])["UserPool"]
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] == 12
    assert pool["MfaConfiguration"] == "OPTIONAL"

    terraform("destroy", "-auto-approve", "-input=false", *changes)
    assert pools.list_user_pools(MaxResults=10)["UserPools"] == []
