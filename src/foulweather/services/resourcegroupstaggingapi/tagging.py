"""Tags set and removed through each resource's own service, in the caller's name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.model import ServiceModel
from foulweather.kernel.quotas import GLOBAL_REGION
from foulweather.kernel.tagging import Tagging, kind_of, tagging_of
from foulweather.kernel.why import Fact
from foulweather.services.resourcegroupstaggingapi import limits

Request = Mapping[str, Any]
_PREFIX = "aws:"


async def tag_resources(call: Call, request: Request) -> dict[str, Any]:
    """Set tags on up to twenty resources; where a service refuses, the map says why."""
    tags: dict[str, str] = request["Tags"]
    for key in tags:
        if key.lower().startswith(_PREFIX):
            raise limits.invalid(
                "Tag keys that begin with aws: are reserved for AWS use.", Fact("request", "Tags", key)
            )
    return await _each(call, request, lambda told, arn: told.tag(call.forwarded("tagging"), arn, tags))


async def untag_resources(call: Call, request: Request) -> dict[str, Any]:
    """Remove tags from up to twenty resources; those that they have not do not matter."""
    keys: list[str] = request["TagKeys"]
    return await _each(call, request, lambda told, arn: told.untag(call.forwarded("tagging"), arn, keys))


async def _each(call: Call, request: Request, act: Callable[[Tagging, str], Any]) -> dict[str, Any]:
    arns: list[str] = request["ResourceARNList"]
    for arn in arns:
        limits.checked_arn(arn)
    kinds = tagging_of(call.pipeline.services)
    failed: dict[str, Any] = {}
    for arn in dict.fromkeys(arns):
        try:
            told = _told(call, arn, kinds)
            done = act(told, arn)
            if inspect.isawaitable(done):
                await done
        except AwsError as error:
            call.explain(call.operation, arn, error.why, error.code)
            code, status = _worded(call, kinds.get(kind_of(arn, kinds)), error)
            failed[arn] = {"StatusCode": status, "ErrorCode": code, "ErrorMessage": error.message}
    return {"FailedResourcesMap": failed}


def _told(call: Call, text: str, kinds: Mapping[str, Tagging]) -> Tagging:
    """Who knows about a resource; it must be the caller's, and in the region of the call."""
    kind = kind_of(text, kinds)
    arn = limits.checked_arn(text)
    if not kind:
        raise not_implemented("resourcegroupstaggingapi", f"{call.operation} of {arn.service}:{arn.kind or '*'}")
    # "You can only tag resources that are located in the specified AWS Region for the AWS account."
    # Of a bucket the ARN does not tell where it is; what else names no Region is global.
    region = arn.region or (call.region if arn.service == "s3" else GLOBAL_REGION)
    for name, is_one, wanted in (("Region", region, call.region), ("account", arn.account, call.account)):
        if is_one and is_one != wanted:
            raise limits.invalid(
                f"{text} is not in the {name} of the request.", Fact(text, name, is_one), Fact("request", name, wanted)
            )
    return kinds[kind]


def _worded(call: Call, told: Tagging | None, error: AwsError) -> tuple[str, int]:
    """A refusal's code and status as the service that hosts the resource gives them: in XML, the model's own code."""
    services = call.pipeline.services
    for service in services.all():
        if told is None or cast("Tagging | None", services.part_or_none(service, "tagged")) is not told:
            continue
        model = ServiceModel.load(service.name)
        shape = model.error_shapes.get(error.code)
        given: Mapping[str, Any] = shape.trait("error", {}) if shape is not None else {}
        is_xml = model.protocols[0] in ("query", "ec2", "rest-xml")
        return (given.get("code", error.code) if is_xml else error.code), given.get("httpStatusCode", error.status)
    return error.code, error.status
