"""From names, ARNs and identifiers to groups and streams.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.logs import refusals
from foulweather.services.logs.refusals import invalid, no_group, no_stream
from foulweather.services.logs.state import DELIVERY, INFREQUENT, STANDARD, LogGroup, LogsState, LogStream

_ARN: Final = re.compile(r"arn:aws[a-z-]*:logs:([a-z0-9-]+):(\d{12}):log-group:([\.\-_/#A-Za-z0-9]{1,512})(:\*)?")


def group_arn(call: Call, identifier: str) -> str:
    """The ARN of a group that is named by name or ARN, there or not."""
    return (
        identifier.removesuffix(":*") if identifier.startswith("arn:") else call.arn("logs", f"log-group:{identifier}")
    )


def group_named(call: Call, identifier: str) -> LogGroup | None:
    """The group of a name or ARN, if it is there: in this account and region, for none other is linked."""
    if identifier.startswith("arn:"):
        found = _ARN.fullmatch(identifier)
        if found is None:
            return None
        region, account, identifier = found[1], found[2], found[3]
        if region != call.region or account != call.account:
            return None
    return call.state(LogsState).groups.get(identifier)


def require_group(call: Call, identifier: str, *needs: str) -> LogGroup:
    """The group of a name or ARN; `needs` are the classes that an operation is for, if not for all."""
    group = group_named(call, identifier)
    if group is None:
        raise no_group(group_arn(call, identifier), call.region)
    if needs and group.log_class not in needs:
        raise refusals.not_in_class(call, group.arn, group.log_class, needs)
    return group


def one_identifier(request: Mapping[str, Any]) -> str:
    """The group that a request names by exactly one of logGroupName and logGroupIdentifier."""
    name, identifier = request.get("logGroupName"), request.get("logGroupIdentifier")
    if (name is None) == (identifier is None):
        raise invalid(
            "Exactly one of logGroupName or logGroupIdentifier must be specified."
            if name is None
            else "LogGroup name and LogGroup ARN are mutually exclusive parameters.",
            Fact("request", "logGroupName", name),
            Fact("request", "logGroupIdentifier", identifier),
        )
    identifier = name or identifier or ""
    if identifier.endswith(":*"):
        raise invalid("Invalid logGroupIdentifier: an ARN must not end with an asterisk (*).")
    return identifier


def require_stream(call: Call, group: LogGroup, name: str) -> LogStream:
    """A group's stream of a name."""
    stream = call.state(LogsState).streams_of[group.name].get(name)
    if stream is None:
        raise no_stream(group.arn, name)
    return stream


READABLE: Final = (STANDARD,)
"""The classes whose events can be read one by one: not Infrequent Access, not Delivery."""
QUERYABLE: Final = (STANDARD, INFREQUENT)
EVERY: Final = (STANDARD, INFREQUENT, DELIVERY)
