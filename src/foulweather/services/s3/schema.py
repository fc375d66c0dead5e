"""Documents of settings against S3's published schema: what does not follow it is `MalformedXML`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel import validation
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact


def check(call: Call, request: Mapping[str, Any], *, enums: bool = True) -> None:
    """Refuse a request that lacks what the model requires, or has values that it does not know."""
    model = call.pipeline.services.operation("s3", call.operation).model
    violations = validation.check(model, request, enums=enums)
    if violations:
        raise malformed(*[Fact("request", each.path, each.constraint) for each in violations])


def malformed(*facts: Fact) -> AwsError:
    """The refusal of a document, with what is wrong about it."""
    return AwsError(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
        400,
        facts=facts,
    )


def part(of: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A structure in a document, empty where it is absent."""
    return of.get(name) or {}
