"""Whose data plane a request is for, through the whole of the cloud."""

from __future__ import annotations

import json
from typing import Any

import foulweather
from foulweather.kernel.http import HttpRequest, HttpResponse


def got(aws: foulweather.Aws, path: str, host: str = "localhost:4566") -> HttpResponse:
    async def answer() -> Any:
        reply = aws.cloud.handle(HttpRequest("GET", path, "", [("Host", host)]))
        return reply if isinstance(reply, HttpResponse) else await reply  # type: ignore[misc]

    return aws._thread.run(answer())


def test_a_pools_documents_are_found_at_any_host_and_a_buckets_stay_its_own() -> None:
    with foulweather.world() as aws:
        pool = aws.client("cognito-idp").create_user_pool(PoolName="p")["UserPool"]["Id"]
        for host in ("localhost:4566", "127.0.0.1:4566", "cognito-idp.us-east-1.amazonaws.com"):
            shown = got(aws, f"/{pool}/.well-known/openid-configuration", host)
            assert json.loads(shown.body)["issuer"] == f"https://cognito-idp.us-east-1.amazonaws.com/{pool}"
        assert got(aws, "/us-east-1_nothere00/.well-known/jwks.json").status != 200
        assert b"NoSuchBucket" in got(aws, "/bucket/.well-known/jwks.json").body


def test_a_name_that_nobody_has_given_a_data_plane_is_not_served() -> None:
    with foulweather.world() as aws:
        refused = got(aws, "/", "api.evil.example")
        assert (refused.status, b"Host header" in refused.body) == (403, True)
