"""Trails: made, changed, described, deleted.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any

import msgspec

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.cloudtrail import (
    checking,
    delivering,
    describing,
    finding,
    limits,
    organizing,
    paging,
    selecting,
)
from foulweather.services.cloudtrail.consuming import Consumers
from foulweather.services.cloudtrail.eagerly import Answer, at_once
from foulweather.services.cloudtrail.records import Trail
from foulweather.services.cloudtrail.refusals import refused
from foulweather.services.cloudtrail.state import Trails

Request = Mapping[str, Any]
LISTED_AT_ONCE = 100


def create_trail(call: Call, request: Request) -> Answer | Awaitable[Answer]:
    """Make a trail; it logs nothing before StartLogging."""
    return at_once(_created(call, request))


async def _created(call: Call, request: Request) -> Answer:
    trail = Trail(limits.checked_trail_name(request["Name"]), call.account, call.region, "")
    trail.selectors = msgspec.convert(selecting.DEFAULT, list[dict[str, Any]])
    _take(trail, request)
    if not request.get("S3BucketName"):
        limits.checked_bucket_name("")
    trail.tags = limits.checked_tags(request.get("TagsList"), {})
    _check_combination(trail)
    _check_room(call, trail)
    if trail.is_organization:
        await organizing.check_organization(call)
    await _check_destinations(call, trail, request)
    _check_room(call, trail)  # while CloudTrail tried its bucket, somebody may have made another
    call.state(Trails).trails.put(trail.arn, trail)
    call.changed("cloudtrail.TrailCreated", trail.arn, **describing.trail(trail))
    return describing.trail(trail)


def update_trail(call: Call, request: Request) -> Answer | Awaitable[Answer]:
    """Change what a request names of a trail."""
    return at_once(_updated(call, request))


async def _updated(call: Call, request: Request) -> Answer:
    found = finding.own_trail(call, request["Name"])
    changed = msgspec.structs.replace(found)
    _take(changed, request)
    _check_combination(changed)
    if changed.is_organization and not found.is_organization:
        await organizing.check_organization(call)
    await _check_destinations(call, changed, request)
    state, consumers = call.state(Trails), Consumers.of(call.world)
    now = state.trails.get(found.arn)
    if now is None:
        raise finding.refusals.unknown_trail(found.arn, call.account)
    if now.is_logging:
        consumers.collect(call.pipeline, now)  # what happened so far goes by what was set so far
    _take(now, request)
    now.kms_key, now.streams = changed.kms_key, changed.streams
    if now.validates:
        delivering.begin_chains(call, now)
    else:
        delivering.break_chains(call, now)
    state.trails.touch(now.arn)
    consumers.refresh(call.pipeline)
    given = {name: value for name, value in request.items() if name != "Name"}
    call.changed("cloudtrail.TrailUpdated", now.arn, **given)
    return describing.trail(now)


def delete_trail(call: Call, request: Request) -> Answer | Awaitable[Answer]:
    """Delete a trail; what it has collected is delivered, its files stay."""
    return at_once(_deleted(call, request))


async def _deleted(call: Call, request: Request) -> Answer:
    found = finding.own_trail(call, request["Name"])
    state, consumers = call.state(Trails), Consumers.of(call.world)
    if found.is_logging:
        consumers.collect(call.pipeline, found)
    await delivering.finish(call, found)
    if found.arn in state.trails:
        state.drop_pending(found.arn)
        delivering.break_chains(call, found)
        state.trails.delete(found.arn)
        consumers.refresh(call.pipeline)
        call.changed("cloudtrail.TrailDeleted", found.arn, exists=False)
    return {}


def describe_trails(call: Call, request: Request) -> dict[str, Any]:
    """The trails of a Region: those at home here, and, unless told otherwise, the shadows of others."""
    state = call.state(Trails)
    names: list[str] = request.get("trailNameList") or []
    has_shadows = request.get("includeShadowTrails", True)
    seen = [trail for trail in state.trails.values() if finding.is_seen(call, trail)]
    if names:
        wanted: list[Trail] = []
        for name in names:
            if not name.startswith("arn:"):
                limits.checked_trail_name(name)
            wanted += [trail for trail in seen if name in (trail.name, trail.arn)]
        seen = wanted
    elif not has_shadows:
        seen = [trail for trail in seen if trail.region == call.region and trail.account == call.account]
    return {"trailList": [describing.described_trail(trail) for trail in seen]}


def get_trail(call: Call, request: Request) -> dict[str, Any]:
    """One trail."""
    return {"Trail": describing.described_trail(finding.trail_named(call, request["Name"]))}


def list_trails(call: Call, request: Request) -> dict[str, Any]:
    """The trails of the account, of every Region."""
    found = sorted(call.state(Trails).of_account(call.account), key=lambda trail: (trail.region, trail.name))
    some, token = paging.page(found, request.get("NextToken"), LISTED_AT_ONCE)
    shown = [{"TrailARN": one.arn, "Name": one.name, "HomeRegion": one.region} for one in some]
    return {"Trails": shown, **({"NextToken": token} if token else {})}


def _take(trail: Trail, request: Request) -> None:
    """Set what a request gives; an empty text takes away."""
    if request.get("S3BucketName"):
        trail.bucket = limits.checked_bucket_name(request["S3BucketName"])
    if "S3KeyPrefix" in request:
        trail.prefix = limits.checked_prefix(request["S3KeyPrefix"] or "")
    if "SnsTopicName" in request:
        trail.topic = limits.checked_topic(request["SnsTopicName"]) if request["SnsTopicName"] else ""
    trail.is_multi_region = request.get("IsMultiRegionTrail", trail.is_multi_region)
    trail.has_global_events = request.get("IncludeGlobalServiceEvents", trail.has_global_events)
    trail.validates = request.get("EnableLogFileValidation", trail.validates)
    trail.is_organization = request.get("IsOrganizationTrail", trail.is_organization)
    trail.log_group = request.get("CloudWatchLogsLogGroupArn", trail.log_group) or ""
    trail.log_role = request.get("CloudWatchLogsRoleArn", trail.log_role) or ""


def _check_combination(trail: Trail) -> None:
    if trail.is_multi_region and not trail.has_global_events:
        raise refused(
            "InvalidParameterCombination",
            "Multi-Region trail must include global service events.",
            Fact("request", "IsMultiRegionTrail", True),
            Fact("request", "IncludeGlobalServiceEvents", False),
        )


def _check_room(call: Call, trail: Trail) -> None:
    state = call.state(Trails)
    if trail.arn in state.trails:
        raise refused(
            "TrailAlreadyExists",
            f"Trail {trail.name} already exists for customer: {call.account}",
            Fact(trail.arn, "exists", True),
        )
    # "A trail that applies to all Regions counts as one trail in every Region."
    count = sum(1 for each in state.of_account(call.account) if finding.is_seen(call, each))
    if count >= limits.TRAILS_MAX:
        raise refused(
            "MaximumNumberOfTrailsExceeded",
            f"User: {call.account} already has {count} trails in {call.region}.",
            Fact(call.account, f"trails in {call.region}", count),
            remedy=("aws cloudtrail list-trails",),
        )


async def _check_destinations(call: Call, trail: Trail, request: Request) -> None:
    """Try what a request changes: key, bucket, topic, log group."""
    if "KmsKeyId" in request:
        trail.kms_key = await checking.key_arn(call, request["KmsKeyId"]) if request["KmsKeyId"] else ""
    if any(name in request for name in ("S3BucketName", "S3KeyPrefix", "KmsKeyId", "IsOrganizationTrail")):
        await checking.check_bucket(call, trail)
    if request.get("SnsTopicName"):
        await checking.check_topic(call, trail)
    if "CloudWatchLogsLogGroupArn" in request or "CloudWatchLogsRoleArn" in request:
        await checking.check_log_group(call, trail)
