"""The columns of an event in CloudTrail Lake, and their values.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-lake-cli.html (supported event schema)
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final, cast

_NAMES: Final = (
    "eventVersion userIdentity eventTime eventSource eventName awsRegion sourceIPAddress userAgent errorCode "
    "errorMessage requestParameters responseElements additionalEventData requestID eventID readOnly resources "
    "eventType apiVersion managementEvent recipientAccountId sharedEventID annotation vpcEndpointId "
    "serviceEventDetails addendum edgeDeviceDetails insightDetails eventCategory tlsDetails "
    "sessionCredentialFromConsole eventJson eventJsonChecksum"
)
COLUMNS: Final = {name.lower(): name for name in _NAMES.split()}
"""The columns, in lower case, and how records spell them."""
NESTED: Final = frozenset({"useridentity", "resources", "tlsdetails"})
MAPS: Final = frozenset(
    {"requestparameters", "responseelements", "additionaleventdata", "serviceeventdetails", "addendum"}
    | {"edgedevicedetails", "insightdetails"}
)


def row(record: dict[str, Any], time: str) -> list[Any]:
    """The values of a record: texts and numbers as they are, the rest as JSON."""
    text = json.dumps(record, separators=(",", ":"))
    values: list[Any] = []
    for lower, name in COLUMNS.items():
        if lower == "eventtime":
            values.append(time)
        elif lower == "eventjson":
            values.append(text)
        elif lower == "eventjsonchecksum":
            values.append(hashlib.sha256(text.encode()).hexdigest())
        elif lower in MAPS:
            values.append(_map(record.get(name)))
        else:
            values.append(_value(record.get(name)))
    return values


def _value(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    return json.dumps(value) if isinstance(value, dict | list) else value


def _map(value: Any) -> str | None:
    """A map of texts: what is nested within is JSON."""
    if not isinstance(value, dict):
        return None
    held = cast("dict[str, Any]", value)
    texts = {key: each if isinstance(each, str) else json.dumps(each) for key, each in held.items()}
    return json.dumps(texts)
