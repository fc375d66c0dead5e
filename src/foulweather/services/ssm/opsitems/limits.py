"""Quotas of OpsCenter, and what it demands of operational data.

https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm (OpsCenter) and
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateOpsItem.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, cast

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact

ITEMS_MAX: Final = 500_000
RELATED_MAX: Final = 100
DATA_BYTES_MAX: Final = 20 * 1024
KEY_CHARS_MAX: Final = 128
PAGE: Final = 50

# "Operational data keys can't begin with the following: amazon, aws, amzn, ssm, /amazon, /aws, /amzn, /ssm", but for
# those that OpsCenter itself knows.
_RESERVED: Final = ("amazon", "aws", "amzn", "ssm", "/amazon", "/aws", "/amzn", "/ssm")
_KNOWN: Final = ("/aws/automations", "/aws/dedup", "/aws/resources")


def invalid(message: str, **given: Any) -> AwsError:
    """What an OpsItem can't have."""
    facts = tuple(Fact("request", name, value) for name, value in given.items())
    return AwsError("OpsItemInvalidParameterException", message, members={"ParameterNames": list(given)}, facts=facts)


def exceeded(what: str, most: int) -> AwsError:
    """One more than there may be."""
    return AwsError(
        "OpsItemLimitExceededException",
        f"The request caused OpsItems to exceed one or more quotas: {most} {what}.",
        facts=(Fact("quota", what, most),),
    )


def check_data(data: Mapping[str, Mapping[str, str]]) -> None:
    """Refuse operational data with reserved keys, of a form that OpsCenter can't read, or too long."""
    for key, held in data.items():
        if key not in _KNOWN and key.startswith(_RESERVED):
            raise invalid(f"Operational data keys can't begin with {', '.join(_RESERVED)}: {key}.", OperationalData=key)
        if len(key) > KEY_CHARS_MAX:
            raise invalid(f"The maximum length of an operational data key is {KEY_CHARS_MAX}.", OperationalData=key)
        if key in _KNOWN and not _reads(key, held.get("Value") or ""):
            raise invalid(f"The value of {key} isn't valid JSON for that key.", OperationalData=held.get("Value"))
    size = sum(len(key.encode()) + len((held.get("Value") or "").encode()) for key, held in data.items())
    if size > DATA_BYTES_MAX:
        raise invalid(f"Operational data has a maximum size of {DATA_BYTES_MAX // 1024} KB.", OperationalData=size)


def dedup_string(data: Mapping[str, Mapping[str, str]]) -> str:
    """By what an OpsItem is told from others of the same problem, or nothing."""
    text = data.get("/aws/dedup", {}).get("Value")
    return str(json.loads(text).get("dedupString") or "") if text else ""


def _reads(key: str, text: str) -> bool:
    try:
        value: Any = json.loads(text)
    except ValueError:
        return False
    if key == "/aws/dedup":
        return isinstance(value, dict) and isinstance(cast("dict[str, Any]", value).get("dedupString"), str)
    return isinstance(value, list) and all(isinstance(each, dict) for each in cast("list[Any]", value))
