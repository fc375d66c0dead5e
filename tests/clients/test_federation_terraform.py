"""Two pools and an identity pool through Terraform: a user of the one signs in at the other, and gets a role."""

from __future__ import annotations

import base64
import html
import json
import re
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from clients.running import Cloud
from clients.test_terraform import NOTHING_TO_CHANGE, Terraform

pytestmark = [pytest.mark.client, pytest.mark.slow, pytest.mark.needs("terraform", "terraform-provider-aws")]

CALLBACK = "https://app.example.com/back"


class _Stop(urllib.request.HTTPRedirectHandler):
    """Goes along with redirects on the server, and stops at the one to the app."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        if newurl.startswith(CALLBACK):
            raise urllib.error.HTTPError(newurl, code, msg, headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def test_a_federated_user_gets_the_credentials_of_a_role(cloud: Cloud, tmp_path: Path) -> None:
    terraform = Terraform(cloud, tmp_path / "federation", "federation")
    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", "-input=false")
    terraform("plan", "-detailed-exitcode", "-input=false", status=NOTHING_TO_CHANGE)
    made = terraform.outputs()

    token = signed_in(cloud, made)["id_token"]
    identities = boto3.client(
        "cognito-identity",
        endpoint_url=cloud.endpoint,
        region_name="us-east-1",
        config=Config(signature_version=UNSIGNED),
    )
    logins = {made["provider"]: token}
    identity = identities.get_id(IdentityPoolId=made["identities"], Logins=logins)["IdentityId"]
    held = identities.get_credentials_for_identity(IdentityId=identity, Logins=logins)["Credentials"]
    user = boto3.Session(held["AccessKeyId"], held["SecretKey"], held["SessionToken"], "us-east-1")
    assert "QueueUrls" not in user.client("sqs", endpoint_url=cloud.endpoint).list_queues()
    arn = user.client("sts", endpoint_url=cloud.endpoint).get_caller_identity()["Arn"]
    assert arn.endswith(":assumed-role/authenticated/CognitoIdentityCredentials")

    basic = base64.b64encode(f"{made['job']['id']}:{made['job']['secret']}".encode()).decode()
    asked = urlencode({"grant_type": "client_credentials"}).encode()
    job = json.loads(fetched(f"{base(cloud)}/oauth2/token", asked, {"Authorization": f"Basic {basic}"}))
    assert job["token_type"] == "Bearer"

    terraform("apply", "-auto-approve", "-input=false", "-var=classic=true")
    terraform("plan", "-detailed-exitcode", "-input=false", "-var=classic=true", status=NOTHING_TO_CHANGE)
    terraform("destroy", "-auto-approve", "-input=false", "-var=classic=true")
    assert cloud.client("cognito-identity").list_identity_pools(MaxResults=10)["IdentityPools"] == []


def base(cloud: Cloud) -> str:
    return f"{cloud.endpoint}/cognito-user-pools/shop.auth.us-east-1.amazoncognito.com"


def fetched(url: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, body, headers or {}), timeout=20) as answer:
        return answer.read()


def signed_in(cloud: Cloud, made: dict[str, Any]) -> dict[str, Any]:
    """The tokens of a user who comes from the other pool."""
    opener = urllib.request.build_opener(_Stop, urllib.request.HTTPCookieProcessor(CookieJar()))
    asked = {"client_id": made["client"], "redirect_uri": CALLBACK, "response_type": "code"}
    with opener.open(f"{base(cloud)}/oauth2/authorize?{urlencode(asked)}", timeout=20) as page:
        url, text = page.url, page.read().decode()
    found = re.search(r'action="(.*?)".*?name="_csrf" value="(.*?)"', text)
    assert found is not None, text
    fields = {"_csrf": html.unescape(found[2]), "username": "cora", "password": "Correct-horse-1"}
    with pytest.raises(urllib.error.HTTPError) as raised:
        opener.open(urljoin(url, html.unescape(found[1])), urlencode(fields).encode(), timeout=20)
    code = parse_qs(urlsplit(raised.value.url).query)["code"][0]
    redeemed = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "client_id": made["client"]}
    return json.loads(fetched(f"{base(cloud)}/oauth2/token", urlencode(redeemed).encode()))
