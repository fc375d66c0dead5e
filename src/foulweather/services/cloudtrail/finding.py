"""The trail or event data store that a request names, and whether the caller's place is the right one to change it."""

from __future__ import annotations

import re
from typing import Final

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.cloudtrail import limits, refusals
from foulweather.services.cloudtrail.consuming import covers
from foulweather.services.cloudtrail.records import EventDataStore, Trail
from foulweather.services.cloudtrail.state import Lake, Trails

_TRAIL_ARN: Final = re.compile(r"arn:aws[\w-]*:cloudtrail:([a-z0-9-]+):(\d{12}):trail/(.+)")
_STORE_ARN: Final = re.compile(r"arn:aws[\w-]*:cloudtrail:([a-z0-9-]+):(\d{12}):eventdatastore/([a-f0-9-]{36})")
_STORE_ID: Final = re.compile(r"[a-f0-9-]{36}")


def arn_of(call: Call, name: str) -> str:
    """The ARN of a trail's name or ARN, in the caller's account and Region."""
    return name if name.startswith("arn:") else f"arn:aws:cloudtrail:{call.region}:{call.account}:trail/{name}"


def is_seen(call: Call, trail: Trail) -> bool:
    """Whether a trail is one of the caller's account and Region, be it as a shadow of one from elsewhere."""
    return covers(call.pipeline, trail, call.account, call.region)


def trail_named(call: Call, name: str) -> Trail:
    """The trail of a name, or of an ARN; by its name a trail is found in its home Region only."""
    if name.startswith("arn:"):
        matched = _TRAIL_ARN.fullmatch(name)
        if matched is None:
            message = f"Arn is not valid: {name}"
            raise refusals.refused("CloudTrailARNInvalid", message, Fact("request", "Name", name))
        limits.checked_trail_name(matched[3])
    else:
        limits.checked_trail_name(name)
    arn = arn_of(call, name)
    found = call.state(Trails).trails.get(arn)
    if found is None or not is_seen(call, found):
        if name.startswith("arn:") and arn.split(":")[3] != call.region:
            raise refusals.wrong_region(arn, call.region)
        raise refusals.unknown_trail(arn, call.account)
    return found


def own_trail(call: Call, name: str) -> Trail:
    """The trail of a name, to change it: in its home Region, by the account that owns it."""
    found = trail_named(call, name)
    if found.account != call.account:
        raise refusals.refused(
            "NotOrganizationMasterAccount",
            "The request could not be processed because your account isn't the management account or the delegated "
            "administrator account for the organization.",
            Fact(found.arn, "owner", found.account),
            Fact("request", "account", call.account),
        )
    if found.region != call.region:
        raise refusals.not_at_home(found.arn, found.region, call.region)
    return found


def store_named(call: Call, name: str) -> EventDataStore:
    """The event data store of an ARN or of an ARN's last part."""
    matched = _STORE_ARN.fullmatch(name)
    if matched is None and not _STORE_ID.fullmatch(name):
        message = f"The event data store ARN is invalid: {name}"
        raise refusals.refused("EventDataStoreARNInvalid", message, Fact("request", "EventDataStore", name))
    found = call.state(Lake).stores.get(matched[3] if matched is not None else name)
    if found is None or (found.account, found.region) != (call.account, call.region):
        raise refusals.unknown_store(name)
    return found


def active_store(call: Call, name: str) -> EventDataStore:
    """The same, of one that is not about to be deleted."""
    found = store_named(call, name)
    if found.status == "PENDING_DELETION":
        raise refusals.inactive_store(found.arn, found.status)
    return found
