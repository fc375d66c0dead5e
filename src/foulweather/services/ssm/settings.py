"""The service settings of Parameter Store and documents: the default tier, higher throughput, public sharing.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ServiceSetting.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.ssm import refusals
from foulweather.services.ssm.configured import DEFAULTS, VALUES
from foulweather.services.ssm.state import Setting, SsmState

Request = Mapping[str, Any]

_OTHERS = (
    "/ssm/appmanager/",
    "/ssm/automation/",
    "/ssm/documents/",
    "/ssm/managed-instance/",
    "/ssm/opsinsights/",
)


def get_service_setting(call: Call, request: Request) -> dict[str, Any]:
    """A setting and who set it."""
    return {"ServiceSetting": _shown(call, _named(call, request))}


def update_service_setting(call: Call, request: Request) -> dict[str, Any]:
    """Give a setting another value."""
    name, value = _named(call, request), request["SettingValue"]
    if value not in VALUES[name]:
        raise refusals.invalid(
            f"Invalid value for setting {name}: {value}. Valid values: {', '.join(VALUES[name])}", SettingValue=value
        )
    call.state(SsmState).settings.put(name, Setting(value, call.now, call.principal.arn))
    call.changed("ssm.ServiceSettingSet", _arn(call, name), SettingValue=value)
    return {}


def reset_service_setting(call: Call, request: Request) -> dict[str, Any]:
    """Give a setting its default value back."""
    name = _named(call, request)
    settings = call.state(SsmState).settings
    if name in settings:
        settings.delete(name)
        call.changed("ssm.ServiceSettingSet", _arn(call, name), SettingValue=DEFAULTS[name])
    return {"ServiceSetting": _shown(call, name)}


def _named(call: Call, request: Request) -> str:
    given: str = request["SettingId"]
    name = given.partition(":servicesetting")[2] if given.startswith("arn:") else given
    if name in DEFAULTS:
        return name
    if name.startswith(_OTHERS):
        raise not_implemented("ssm", f"{call.operation}.SettingId={name}")
    raise refusals.refused(
        "ServiceSettingNotFound",
        "The specified service setting wasn't found. Either the service name or the setting hasn't been "
        "provisioned by the AWS service team.",
        SettingId=given,
    )


def _shown(call: Call, name: str) -> dict[str, Any]:
    held = call.state(SsmState).settings.get(name)
    if held is None:
        return {
            "SettingId": name,
            "SettingValue": DEFAULTS[name],
            "LastModifiedUser": "System",
            "ARN": _arn(call, name),
            "Status": "Default",
        }
    return {
        "SettingId": name,
        "SettingValue": held.value,
        "LastModifiedDate": held.modified_ms,
        "LastModifiedUser": held.user,
        "ARN": _arn(call, name),
        "Status": "Customized",
    }


def _arn(call: Call, name: str) -> str:
    return call.arn("ssm", f"servicesetting{name}")
