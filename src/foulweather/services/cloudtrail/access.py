"""What each operation needs permission for.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudtrail.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.service import Access, Permission, Resource
from foulweather.policy.document import parse
from foulweather.policy.evaluate import Held
from foulweather.services.cloudtrail.finding import arn_of
from foulweather.services.cloudtrail.records import EventDataStore
from foulweather.services.cloudtrail.state import Lake, Trails

Request = Mapping[str, Any]
Values = dict[str, str | list[str]]


def policy_command(arn: str, document: str) -> str:
    """The command that sets an event data store's policy."""
    import shlex

    region = arn.split(":")[3]
    return (
        f"aws cloudtrail put-resource-policy --resource-arn {arn} --resource-policy {shlex.quote(document)} "
        f"--region {region}"
    )


def _trail(call: Call, name: str) -> Resource:
    arn = arn_of(call, name)
    found = call.state(Trails).trails.get(arn)
    parts = arn.split(":")
    owner = parts[4] if len(parts) > 5 and parts[4] else call.account
    return Resource(arn, owner) if found is None else Resource(arn, found.account, None, found.tags)


def trail_of_name(call: Call, request: Request) -> Sequence[Resource]:
    """The trail of Name."""
    return (_trail(call, request.get("Name") or ""),)


def trail_of_trail_name(call: Call, request: Request) -> Sequence[Resource]:
    """The trail of TrailName, or the event data store in its place."""
    if request.get("EventDataStore"):
        return store_named(call, request)
    return (_trail(call, request.get("TrailName") or ""),)


def _store(call: Call, name: str) -> Resource:
    found = call.state(Lake).stores.get(name.rpartition("/")[2])
    if found is None:
        arn = name if name.startswith("arn:") else call.arn("cloudtrail", f"eventdatastore/{name}")
        return Resource(arn, call.account)
    return Resource(found.arn, found.account, _held(found), found.tags)


def _held(store: EventDataStore) -> Held | None:
    return Held(store.arn, "resource", parse(store.policy, "resource")) if store.policy else None


def store_named(call: Call, request: Request) -> Sequence[Resource]:
    """The event data store of EventDataStore; any of them where a query tells by itself."""
    name = request.get("EventDataStore")
    if not name:
        return (Resource(call.arn("cloudtrail", "eventdatastore/*"), call.account),)
    return (_store(call, name),)


def destinations(call: Call, request: Request) -> Sequence[Resource]:
    """The event data store that an import goes to."""
    return [_store(call, name) for name in request.get("Destinations") or ["*"]]


def new_store(call: Call, request: Request) -> Sequence[Resource]:
    """A store to be made."""
    return (Resource(call.arn("cloudtrail", "eventdatastore/*"), call.account),)


def resource_of_id(call: Call, request: Request) -> Sequence[Resource]:
    """The trail or event data store of ResourceId."""
    return (_any(call, request.get("ResourceId") or ""),)


def resources_of_ids(call: Call, request: Request) -> Sequence[Resource]:
    """The trails and event data stores of ResourceIdList."""
    return [_any(call, each) for each in request.get("ResourceIdList") or [""]]


def resource_of_arn(call: Call, request: Request) -> Sequence[Resource]:
    """The event data store of ResourceArn; its own policy has no say about itself."""
    return (_any(call, request.get("ResourceArn") or "")._replace(policy=None),)


def _any(call: Call, arn: str) -> Resource:
    return _store(call, arn) if ":eventdatastore/" in arn else _trail(call, arn)


def _tagging(call: Call, request: Request) -> Values:
    tags: list[dict[str, str]] = request.get("TagsList") or []
    if not tags:
        return {}
    keys: Values = {f"aws:requesttag/{tag.get('Key', '').lower()}": tag.get("Value", "") for tag in tags}
    keys["aws:tagkeys"] = [tag.get("Key", "") for tag in tags]
    return keys


def _untagging(call: Call, request: Request) -> Values:
    tags: list[dict[str, str]] = request.get("TagsList") or []
    return {"aws:tagkeys": [tag.get("Key", "") for tag in tags]}


def _making(call: Call, request: Request) -> Sequence[Permission]:
    """Tags on a new resource need cloudtrail:AddTags, a role for CloudWatch Logs iam:PassRole."""
    needed = list(_passing(call, request))
    if request.get("TagsList"):
        named = trail_of_name if call.operation == "CreateTrail" else new_store
        needed.append(Permission("cloudtrail:AddTags", named(call, request)[0], _tagging(call, request)))
    return needed


def _passing(call: Call, request: Request) -> Sequence[Permission]:
    source: Mapping[str, Mapping[str, str]] = request.get("ImportSource") or {}
    role: str = request.get("CloudWatchLogsRoleArn") or source.get("S3", {}).get("S3BucketAccessRoleArn") or ""
    if role.count(":") < 5:
        return ()
    conditions = {"iam:passedtoservice": "cloudtrail.amazonaws.com"}
    return (Permission("iam:PassRole", Resource(role, role.split(":")[4]), conditions),)


def _row(action: str, resources: Any = None, **members: Any) -> Access:
    name = f"cloudtrail:{action}"
    return Access(name, **members) if resources is None else Access(name, resources, **members)


def _rows(resources: Any, names: str, **members: Any) -> dict[str, Access]:
    return {name: _row(name, resources, **members) for name in names.split()}


ACCESS: dict[str, Access] = {
    "CreateTrail": _row("CreateTrail", trail_of_name, conditions=_tagging, also=_making),
    "UpdateTrail": _row("UpdateTrail", trail_of_name, also=_passing),
    **_rows(trail_of_name, "DeleteTrail StartLogging StopLogging"),
    **_rows(trail_of_name, "GetTrail GetTrailStatus", is_read=True),
    **_rows(None, "DescribeTrails ListTrails LookupEvents ListPublicKeys ListEventDataStores", is_read=True),
    **_rows(trail_of_trail_name, "PutEventSelectors PutInsightSelectors PutEventConfiguration"),
    **_rows(trail_of_trail_name, "GetEventSelectors GetInsightSelectors GetEventConfiguration", is_read=True),
    # Without TrailName "access to the ListInsightsMetricData API operation is linked to the cloudtrail:LookupEvents
    # action only".
    "ListInsightsMetricData": _row("LookupEvents", is_read=True),
    "AddTags": _row("AddTags", resource_of_id, conditions=_tagging),
    "RemoveTags": _row("RemoveTags", resource_of_id, conditions=_untagging),
    "ListTags": _row("ListTags", resources_of_ids, is_read=True),
    "CreateEventDataStore": _row("CreateEventDataStore", new_store, conditions=_tagging, also=_making),
    **_rows(
        store_named,
        "UpdateEventDataStore DeleteEventDataStore RestoreEventDataStore StartEventDataStoreIngestion "
        "StopEventDataStoreIngestion",
    ),
    **_rows(store_named, "GetEventDataStore ListQueries", is_read=True),
    **_rows(store_named, "StartQuery CancelQuery"),
    **_rows(store_named, "DescribeQuery GetQueryResults", is_read=True),
    "StartImport": _row("StartImport", destinations, also=_passing),
    "StopImport": _row("StopImport"),
    **_rows(None, "GetImport ListImports ListImportFailures", is_read=True),
    **_rows(resource_of_arn, "PutResourcePolicy DeleteResourcePolicy"),
    "GetResourcePolicy": _row("GetResourcePolicy", resource_of_arn, is_read=True),
    **_rows(None, "RegisterOrganizationDelegatedAdmin DeregisterOrganizationDelegatedAdmin"),
}
