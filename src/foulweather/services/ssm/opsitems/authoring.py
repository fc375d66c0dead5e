"""OpsItems: made, changed, deleted, and related to other things.

https://docs.aws.amazon.com/systems-manager/latest/userguide/OpsCenter.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.ssm import limits as tagging
from foulweather.services.ssm.opsitems import limits, naming
from foulweather.services.ssm.opsitems.state import ISSUE, OpsItem, OpsItemsState, RelatedItem

Request = Mapping[str, Any]
_KEPT: Final = ("Title", "Description", "Source", "Priority", "Category", "Severity", "RelatedOpsItems")
# Times belong to change requests; what AWS writes to a topic when an OpsItem changes is not documented.
_UNBUILT: Final = ("ActualEndTime", "ActualStartTime", "Notifications", "PlannedEndTime", "PlannedStartTime")
_STATUSES: Final = ("Open", "InProgress", "Resolved")


def create_ops_item(call: Call, request: Request) -> dict[str, Any]:
    """Make an OpsItem, unless an unresolved one tells of the same problem."""
    _check_built(call, request)
    if request.get("OpsItemType", ISSUE) != ISSUE:
        raise not_implemented("ssm", f"CreateOpsItem.OpsItemType={request['OpsItemType']}")
    if request.get("AccountId", call.account) != call.account:
        raise not_implemented("ssm", "CreateOpsItem.AccountId")
    data: dict[str, Any] = dict(request.get("OperationalData") or {})
    limits.check_data(data)
    tags = tagging.checked_tags(request.get("Tags") or (), {})
    state = call.state(OpsItemsState)
    _check_related(call, request)
    _check_new(state, limits.dedup_string(data), request["Source"])
    if len(state.items) >= limits.ITEMS_MAX:
        raise limits.exceeded("OpsItems", limits.ITEMS_MAX)
    members = {name: request[name] for name in _KEPT if name in request} | {"OperationalData": data}
    who = call.principal.arn
    item = OpsItem(
        f"oi-{call.world.ids.hex(12)}", call.account, call.region, who, call.now, who, call.now, members, tags=tags
    )
    state.items.put(item.id, item)
    call.changed("ssm.OpsItemSet", item.arn, Status=item.status, **members)
    return {"OpsItemId": item.id, "OpsItemArn": item.arn}


def update_ops_item(call: Call, request: Request) -> dict[str, Any]:
    """Change an OpsItem; operational data is added to, or replaced key by key."""
    _check_built(call, request)
    state, item = naming.require(call, request["OpsItemId"], request.get("OpsItemArn") or "")
    status: str = request.get("Status") or item.status
    if status not in _STATUSES:
        raise limits.invalid(
            f"Status of an OpsItem of type {ISSUE} must be one of {', '.join(_STATUSES)}.", Status=status
        )
    gone = set(request.get("OperationalDataToDelete") or ())
    held: dict[str, Any] = {key: each for key, each in item.members["OperationalData"].items() if key not in gone}
    data = held | dict(request.get("OperationalData") or {})
    limits.check_data(data)
    _check_related(call, request)
    changes = {name: request[name] for name in _KEPT if name in request}
    item.members = item.members | changes | {"OperationalData": data}
    item.status, item.version = status, item.version + 1
    item.modified_by, item.modified_ms = call.principal.arn, call.now
    state.items.touch(item.id)
    call.changed("ssm.OpsItemSet", item.arn, Status=status, **item.members)
    return {}


def delete_ops_item(call: Call, request: Request) -> dict[str, Any]:
    """Delete an OpsItem; one that is not there counts as deleted."""
    state = call.state(OpsItemsState)
    item = state.items.get(request["OpsItemId"])
    if item is not None:
        state.items.delete(item.id)
        call.changed("ssm.OpsItemDeleted", item.arn, Title=None)
    return {}


def associate_ops_item_related_item(call: Call, request: Request) -> dict[str, Any]:
    """Note that an OpsItem has to do with a resource."""
    state, item = naming.require(call, request["OpsItemId"])
    uri: str = request["ResourceUri"]
    before = next((each for each in item.related if each.uri == uri), None)
    if before is not None:
        raise AwsError(
            "OpsItemRelatedItemAlreadyExistsException",
            "The Amazon Resource Name (ARN) is already associated with the OpsItem.",
            members={"ResourceUri": uri, "OpsItemId": item.id},
            facts=(Fact(item.arn, "related item", uri),),
        )
    if len(item.related) >= limits.RELATED_MAX:
        raise limits.exceeded("related items", limits.RELATED_MAX)
    one = RelatedItem(
        call.world.ids.uuid(),
        request["AssociationType"],
        request["ResourceType"],
        uri,
        call.principal.arn,
        call.now,
    )
    item.related = [*item.related, one]
    state.items.touch(item.id)
    call.changed("ssm.OpsItemRelated", item.arn, ResourceUri=uri, AssociationType=one.association_type)
    return {"AssociationId": one.id}


def disassociate_ops_item_related_item(call: Call, request: Request) -> dict[str, Any]:
    """Forget that an OpsItem has to do with a resource."""
    state, item = naming.require(call, request["OpsItemId"])
    wanted: str = request["AssociationId"]
    if all(each.id != wanted for each in item.related):
        raise AwsError(
            "OpsItemRelatedItemAssociationNotFoundException",
            "The association wasn't found using the parameters you specified in the call. Verify the information and "
            "try again.",
            facts=(Fact(item.arn, f"association {wanted}", None),),
        )
    item.related = [each for each in item.related if each.id != wanted]
    state.items.touch(item.id)
    call.changed("ssm.OpsItemRelated", item.arn, AssociationId=wanted, ResourceUri=None)
    return {}


def _check_built(call: Call, request: Request) -> None:
    for name in _UNBUILT:
        if request.get(name):
            raise not_implemented("ssm", f"{call.operation}.{name}")


def _check_related(call: Call, request: Request) -> None:
    items = call.state(OpsItemsState).items
    for each in request.get("RelatedOpsItems") or ():
        if each["OpsItemId"] not in items:
            raise limits.invalid(f"The related OpsItem {each['OpsItemId']} doesn't exist.", RelatedOpsItems=each)


def _check_new(state: OpsItemsState, dedup: str, source: str) -> None:
    """Refuse a problem that an unresolved OpsItem of the same source tells of already.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/OpsCenter-working-deduplication.html
    """
    if not dedup:
        return
    for item in state.items.values():
        told = limits.dedup_string(item.members["OperationalData"])
        if told == dedup and item.members["Source"] == source and item.status != "Resolved":
            raise AwsError(
                "OpsItemAlreadyExistsException",
                f"An OpsItem with the same deduplication string already exists: {item.id}.",
                members={"OpsItemId": item.id},
                facts=(Fact(item.arn, "dedupString", dedup), Fact(item.arn, "Status", item.status)),
            )
