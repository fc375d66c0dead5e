"""Visitors of S3: whole HTTP requests through the front end, on a held clock."""

from __future__ import annotations

import asyncio
from typing import Any

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.kernel.trace import Trace, Traces
from foulweather.wire.app import Deferred
from foulweather.wire.cloud import Cloud
from harness import Aws, new_aws

HOST = "localhost:4566"
SITE = "site.s3-website.us-east-1.localhost:4566"


class Web:
    """A server with one world, and the root user of an account in it."""

    def __init__(self) -> None:
        self.aws: Aws = new_aws()
        self.cloud = Cloud(self.aws.world)
        self.cloud.default.pipeline = self.aws.pipeline

    def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"", *, host: str = HOST
    ) -> HttpResponse:
        """The answer to a request."""
        bare, _, query = path.partition("?")
        given = [("Host", host), *(headers or {}).items()]
        return self.answered(HttpRequest(method, bare, query, given, body))

    def answered(self, request: HttpRequest) -> HttpResponse:
        """The answer, once what was written is committed."""
        reply = self.cloud.handle(request)
        if isinstance(reply, Deferred):
            found: list[HttpResponse] = []
            early = reply.bind(found.append)
            self.aws.world.store.commit()
            return early or found[0]
        if isinstance(reply, HttpResponse):
            return reply
        return asyncio.run(_awaited(reply))

    def advance(self, seconds: int) -> None:
        """Move the held clock."""
        asyncio.run(self.aws.advance(seconds=seconds))

    def last_wrong(self) -> Trace:
        """The trace in which something went wrong last."""
        trace = self.aws.world.state(Traces).last_wrong()
        assert trace is not None
        return trace


async def _awaited(reply: Any) -> HttpResponse:
    return await reply


def headers_of(response: HttpResponse) -> dict[str, str]:
    """Headers by lower-case name."""
    return {name.lower(): value for name, value in response.headers}


def public_bucket(aws: Aws, name: str = "site", *actions: str) -> None:
    """A bucket that everybody may read."""
    aws.s3.create_bucket({"Bucket": name})
    flags = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False)
    aws.s3.put_public_access_block({"Bucket": name, "PublicAccessBlockConfiguration": flags})
    allowed = ",".join([f'"s3:{action}"' for action in actions or ("GetObject",)])
    policy = (
        f'{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":"*","Action":[{allowed}],'
        f'"Resource":["arn:aws:s3:::{name}","arn:aws:s3:::{name}/*"]}}]}}'
    )
    aws.s3.put_bucket_policy({"Bucket": name, "Policy": policy})
