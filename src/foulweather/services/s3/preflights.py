"""Preflights of browsers, and the CORS headers of what web pages ask for.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import NamedTuple

from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpRequest
from foulweather.kernel.why import Fact, Why
from foulweather.services.s3 import cors_rules
from foulweather.services.s3.addresses import address_of
from foulweather.services.s3.cors_rules import Asked
from foulweather.services.s3.records import Bucket
from foulweather.services.s3.state import S3State
from foulweather.world.world import World

_NOT_ALLOWED = (
    "This CORS request is not allowed. This is usually because the evalution of Origin, request method / "
    "Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."
)


class Place(NamedTuple):
    """The bucket, and the path within it, that an address means."""

    bucket: str
    path: str


def place_of(request: HttpRequest) -> Place:
    """Which bucket a request is for, by its host or its path; what is left of the path, as it came."""
    address = address_of(request.header("host"))
    if address is not None and address.bucket:
        return Place(address.bucket, request.path[1:])
    bucket, _, rest = request.path[1:].partition("/")
    return Place(bucket, rest)


def permitted(world: World, request: HttpRequest) -> list[tuple[str, str]]:
    """The headers that answer a preflight; raises its refusal."""
    place = place_of(request)
    origin, method = request.header("origin"), request.header("access-control-request-method")
    kind = "OBJECT" if place.path else "BUCKET"
    if not origin:
        raise AwsError("BadRequest", "Insufficient information. Origin request header needed.", 400)
    if method not in cors_rules.METHODS:
        message = f"Invalid Access-Control-Request-Method: {method or 'null'}"
        raise AwsError("BadRequest", message, 400, facts=(Fact("request", "Access-Control-Request-Method", method),))
    bucket = world.state(S3State).buckets.get(place.bucket)
    if bucket is None:
        why = Why("refused", "There is no such bucket.", (Fact(f"arn:aws:s3:::{place.bucket}", "exists", False),))
        raise cors_rules.not_allowed(method, kind, "Bucket not found", why)
    rules = cors_rules.rules_of(bucket)
    asked = Asked(origin, method, _names(request.header("access-control-request-headers")))
    if rules is None:
        why = Why(
            "refused", "The bucket has no CORS rules.", (Fact(bucket.arn, "CORSRules", None),), _remedy(bucket, asked)
        )
        raise cors_rules.not_allowed(method, kind, "CORS is not enabled for this bucket.", why)
    rule = cors_rules.fitting(rules, asked)
    if rule is None:
        raise cors_rules.not_allowed(method, kind, _NOT_ALLOWED, _why(bucket, rules, asked))
    return cors_rules.answer_headers(rule, asked)


def page_headers(world: World, request: HttpRequest) -> list[tuple[str, str]]:
    """What is added to the answer to a web page: nothing where no rule allows its request.

    No browser names a method beside its request's own; who does is answered by that, as ceph/s3-tests' test_cors_
    origin_response has it of AWS.
    """
    bucket = world.state(S3State).buckets.get(place_of(request).bucket)
    rules = cors_rules.rules_of(bucket) if bucket is not None else None
    if not rules:
        return []
    method = request.header("access-control-request-method") or request.method
    asked = Asked(request.header("origin"), method, _names(request.header("access-control-request-headers")))
    rule = cors_rules.fitting(rules, asked)
    return cors_rules.answer_headers(rule, asked) if rule is not None else []


def _names(text: str) -> tuple[str, ...]:
    return tuple([name.strip() for name in text.split(",") if name.strip()])


def _why(bucket: Bucket, rules: Sequence[cors_rules.Rule], asked: Asked) -> Why:
    because = cors_rules.objections(bucket, rules, asked)
    facts = (Fact(bucket.arn, "CORSRules", len(rules)), Fact("request", "Origin", asked.origin))
    return Why("refused", "No CORS rule of the bucket allows this.", facts, _remedy(bucket, asked), because)


def _remedy(bucket: Bucket, asked: Asked) -> tuple[str, ...]:
    rule = f'{{"AllowedOrigins":["{asked.origin}"],"AllowedMethods":["{asked.method}"],"AllowedHeaders":["*"]}}'
    configuration = shlex.quote(f'{{"CORSRules":[{rule}]}}')
    return (f"aws s3api put-bucket-cors --bucket {bucket.name} --cors-configuration {configuration}",)
