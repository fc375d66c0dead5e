"""Settings of which a bucket has several, each by its id: inventories, metrics, analytics, Intelligent-Tiering."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.s3 import refusals, schema
from foulweather.services.s3.finding import bucket_of
from foulweather.services.s3.records import Bucket
from foulweather.services.s3.state import S3State

CONFIGURATIONS_MAX: Final = 1000
LISTED_MAX: Final = 100


def given(call: Call, request: Mapping[str, Any], member: str) -> tuple[Bucket, dict[str, Any]]:
    """The bucket and the configuration of a request that sets one."""
    bucket = bucket_of(call, request)
    schema.check(call, request)
    configuration: dict[str, Any] = dict(request[member])
    if configuration["Id"] != request["Id"]:
        raise schema.malformed(
            Fact("request", "Id", request["Id"]), Fact("request", f"{member}.Id", configuration["Id"])
        )
    return bucket, configuration


def put(call: Call, bucket: Bucket, kind: str, configuration: dict[str, Any]) -> None:
    """Set one of a kind (`inventory`), in place of the one with its id."""
    name = f"{kind}/{configuration['Id']}"
    count = sum([each.startswith(f"{kind}/") for each in bucket.settings])
    if name not in bucket.settings and count >= CONFIGURATIONS_MAX:
        raise AwsError(
            "TooManyConfigurations",
            "You are attempting to create a new configuration but have already reached the 1,000-configuration limit.",
            400,
            facts=(Fact(bucket.arn, f"{kind} configurations", count),),
        )
    bucket.settings[name] = configuration
    call.state(S3State).buckets.touch(bucket.name)
    call.changed(_event(kind, "Put"), bucket.arn, Id=configuration["Id"], **{name: configuration})


def get(call: Call, request: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """One by its id."""
    bucket = bucket_of(call, request)
    found: dict[str, Any] | None = bucket.settings.get(f"{kind}/{request['Id']}")
    if found is None:
        raise _missing(bucket, kind, request["Id"])
    return found


def delete(call: Call, request: Mapping[str, Any], kind: str) -> Bucket:
    """Take one away."""
    bucket = bucket_of(call, request)
    name = f"{kind}/{request['Id']}"
    if bucket.settings.pop(name, None) is None:
        raise _missing(bucket, kind, request["Id"])
    call.state(S3State).buckets.touch(bucket.name)
    call.changed(_event(kind, "Deleted"), bucket.arn, Id=request["Id"], **{name: None})
    return bucket


def listed(call: Call, request: Mapping[str, Any], kind: str, member: str) -> dict[str, Any]:
    """A page of them, by id."""
    bucket = bucket_of(call, request)
    after = _after(request.get("ContinuationToken"))
    start = f"{kind}/"
    ids = sorted(name[len(start) :] for name in bucket.settings if name.startswith(start))
    ids = [each for each in ids if each > after]
    page = ids[:LISTED_MAX]
    result: dict[str, Any] = {"IsTruncated": len(ids) > len(page)}
    if page:
        result[member] = [bucket.settings[f"{start}{each}"] for each in page]
    if request.get("ContinuationToken"):
        result["ContinuationToken"] = request["ContinuationToken"]
    if result["IsTruncated"]:
        result["NextContinuationToken"] = base64.urlsafe_b64encode(page[-1].encode()).decode()
    return result


def _after(token: str | None) -> str:
    if not token:
        return ""
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, ValueError) as error:
        message = "The continuation token provided is incorrect"
        raise refusals.invalid_argument("continuation-token", token, message) from error


def _event(kind: str, what: str) -> str:
    return f"s3.{''.join(part.capitalize() for part in kind.split('-'))}Configuration{what}"


def _missing(bucket: Bucket, kind: str, name: str) -> AwsError:
    return AwsError(
        "NoSuchConfiguration",
        "The specified configuration does not exist.",
        404,
        facts=(Fact(bucket.arn, f"{kind} configuration {name!r}", None),),
    )
