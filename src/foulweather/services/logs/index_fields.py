"""Which fields of a group's events are indexed: by its own policy, or else by the account's.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatchLogs-Field-Indexing.html
"""

from __future__ import annotations

from typing import Any, NamedTuple, cast

from orjson import JSONDecodeError, loads

from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.logs.limits import INDEX_FIELDS_MAX
from foulweather.services.logs.refusals import invalid
from foulweather.services.logs.state import AccountPolicy, LogGroup, LogsState

FIELD_CHARACTERS_MAX = 100


class IndexPolicy(NamedTuple):
    """The policy that is in force for a group; `name` only where it is the account's."""

    document: str
    updated_ms: int
    name: str = ""


def checked_fields(document: str) -> list[str]:
    """The fields of a policy document: `{"Fields": ["RequestId"]}`."""
    try:
        written: Any = loads(document)
    except JSONDecodeError:
        written = None
    fields: Any = cast("dict[str, Any]", written).get("Fields") if isinstance(written, dict) else None
    if isinstance(written, dict) and "FieldsV2" in written:
        raise not_implemented("logs", "PutIndexPolicy.FieldsV2")
    if not isinstance(fields, list) or not all(isinstance(each, str) for each in cast("list[Any]", fields)):
        raise invalid(
            "Index policy document must be JSON with an array Fields.", Fact("request", "policyDocument", document)
        )
    names = cast("list[str]", fields)
    if not 0 < len(names) <= INDEX_FIELDS_MAX:
        raise invalid(
            f"An index policy must have between 1 and {INDEX_FIELDS_MAX} fields.", Fact("request", "Fields", len(names))
        )
    for name in names:
        if not 0 < len(name) <= FIELD_CHARACTERS_MAX:
            raise invalid(f"Invalid field name {name}.", Fact("request", "Fields", name))
    return names


def policy_of(state: LogsState, group: LogGroup) -> IndexPolicy | None:
    """A group's own policy "overrides account-level field index policies" that apply to it."""
    if group.index_policy:
        return IndexPolicy(group.index_policy, group.index_policy_ms)
    found = [
        each for each in state.account_policies.values() if each.kind == "FIELD_INDEX_POLICY" and _applies(each, group)
    ]
    if not found:
        return None
    policy = max(found, key=lambda each: len(each.selection))
    return IndexPolicy(policy.document, policy.updated_ms, policy.name)


def indexed(state: LogsState, group: LogGroup) -> list[str]:
    """The fields that are indexed by a policy."""
    policy = policy_of(state, group)
    return checked_fields(policy.document) if policy is not None else []


def prefix_of(selection: str) -> str:
    """The prefix in a selection: `LogGroupNamePrefix = "/aws/lambda"`, or the same as JSON; empty for every group."""
    return selection.partition("LogGroupNamePrefix")[2].strip().lstrip("=:").strip().strip('"}').strip('"')


def _applies(policy: AccountPolicy, group: LogGroup) -> bool:
    return group.name.startswith(prefix_of(policy.selection))
