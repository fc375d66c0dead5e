"""What can be set for an account and region, and what is set unless somebody changes it.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ServiceSetting.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from foulweather.kernel.call import Call
from foulweather.services.ssm.state import SsmState
from foulweather.services.ssm.throughput import HIGH_THROUGHPUT
from foulweather.services.ssm.tiers import DEFAULT_TIER

PUBLIC_SHARING: Final = "/ssm/documents/console/public-sharing-permission"
VALUES: Final[Mapping[str, tuple[str, ...]]] = {
    DEFAULT_TIER: ("Standard", "Advanced", "Intelligent-Tiering"),
    HIGH_THROUGHPUT: ("true", "false"),
    PUBLIC_SHARING: ("Enable", "Disable"),
}
DEFAULTS: Final[Mapping[str, str]] = {DEFAULT_TIER: "Standard", HIGH_THROUGHPUT: "false", PUBLIC_SHARING: "Enable"}


def value_of(call: Call, name: str) -> str:
    """What a setting is set to."""
    held = call.state(SsmState).settings.get(name)
    return held.value if held is not None else DEFAULTS[name]
