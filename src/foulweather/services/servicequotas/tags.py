"""Tags of applied quotas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.servicequotas import limits
from foulweather.services.servicequotas.known import arn_of, known
from foulweather.services.servicequotas.state import QuotasState, Tags

Request = Mapping[str, Any]


def tag_resource(call: Call, request: Request) -> dict[str, Any]:
    """Set tags."""
    arn = _checked(call, request["ResourceARN"])
    given = {tag["Key"]: tag["Value"] for tag in request["Tags"]}
    for key in given:
        if key.lower().startswith("aws:"):
            raise AwsError(
                "TagPolicyViolationException",
                "The specified tag is a reserved word and cannot be used.",
                facts=(Fact("request", "Tags", key),),
            )
    tags = {**_tags(call, arn), **given}
    if len(tags) > limits.TAGS_MAX:
        raise AwsError(
            "TooManyTagsException",
            "You've exceeded the number of tags allowed for a resource.",
            facts=(Fact(arn, "tags", len(tags)),),
        )
    return _saved(call, arn, tags)


def untag_resource(call: Call, request: Request) -> dict[str, Any]:
    """Remove tags; removing one that is not there is no error."""
    arn = _checked(call, request["ResourceARN"])
    tags = {key: value for key, value in _tags(call, arn).items() if key not in request["TagKeys"]}
    return _saved(call, arn, tags)


def list_tags_for_resource(call: Call, request: Request) -> dict[str, Any]:
    """Show a quota's tags."""
    tags = _tags(call, _checked(call, request["ResourceARN"]))
    return {"Tags": [{"Key": key, "Value": value} for key, value in sorted(tags.items())]}


def _checked(call: Call, arn: str) -> str:
    if all(arn != arn_of(each, call.account, call.region) for each in known(call).values()):
        raise limits.no_resource(arn)
    return arn


def _tags(call: Call, arn: str) -> dict[str, str]:
    found = call.state(QuotasState).tags.get(arn)
    return found.tags if found is not None else {}


def _saved(call: Call, arn: str, tags: dict[str, str]) -> dict[str, Any]:
    call.state(QuotasState).tags.put(arn, Tags(tags))
    call.changed("service-quotas.QuotaTagged", arn, Tags=tags)
    return {}
