"""Optional features of an account: events of groups' lifecycles, which are not built and so never on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented


def get_account_settings(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Show that the events are off."""
    return {"AccountSettings": _off()}


def update_account_settings(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Leave the events off."""
    if request.get("GroupLifecycleEventsDesiredStatus") == "ACTIVE":
        raise not_implemented("resource-groups", "UpdateAccountSettings.GroupLifecycleEventsDesiredStatus=ACTIVE")
    return {"AccountSettings": _off()}


def _off() -> dict[str, str]:
    return {"GroupLifecycleEventsDesiredStatus": "INACTIVE", "GroupLifecycleEventsStatus": "INACTIVE"}
