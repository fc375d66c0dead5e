"""What a request names: APIs and what belongs to them; and the refusals when there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, cast

import msgspec

from foulweather.kernel.call import Call
from foulweather.services.apigateway.finding import arn, new_id
from foulweather.services.apigateway.v2 import refusals
from foulweather.services.apigateway.v2.records import Api, told
from foulweather.services.apigateway.v2.state import HttpState
from foulweather.world.store import Table

__all__ = ["api", "arn", "changed", "child", "given", "merged", "new_id", "updated"]

Request = Mapping[str, Any]
R = TypeVar("R", bound=msgspec.Struct)


def changed(
    call: Call, kind: str, path: str, record: msgspec.Struct | None = None, only: Iterable[str] | None = None
) -> None:
    """Put on record what somebody made, changed (`only` these members) or, without a record, deleted."""
    if record is None:
        call.changed(f"apigateway.{kind}", arn(call, path), exists=False)
        return
    facts = told(record, "Snapshot")
    if only is not None:
        # A member that was taken away is a fact too.
        facts = {name: facts.get(name) for name in only}
    call.changed(f"apigateway.{kind}", arn(call, path), **facts)


def api(call: Call, request: Request) -> tuple[HttpState, Api]:
    """The API that a request names."""
    state, api_id = call.state(HttpState), request["ApiId"]
    found = state.apis.get(api_id)
    if found is None:
        words = f"Invalid API identifier specified {call.account}:{api_id}"
        raise refusals.missing(words, arn(call, f"/apis/{api_id}"), remedy=("aws apigatewayv2 get-apis",))
    return state, found


def child(call: Call, request: Request, rows: Table[R], noun: str, *members: str) -> R:
    """A row that belongs to an API, by the members of the request that name it."""
    key = "/".join((request["ApiId"], *(request[member] for member in members)))
    found = rows.get(key)
    if found is None:
        raise refusals.missing(f"Invalid {noun} identifier specified", arn(call, f"/apis/{key}"))
    return found


def given(request: Request, *but: str) -> dict[str, Any]:
    """What a request says of a record: all its members but those that only name it."""
    return {name: value for name, value in request.items() if value is not None and name not in but}


def updated(record: R, asked: Request) -> R:
    """A copy of a record with the members that a request gives; an empty text takes one away."""
    held: dict[str, Any] = msgspec.to_builtins(record)
    held.update(asked)
    names = {field.encode_name for field in msgspec.structs.fields(record)}
    return msgspec.convert({name: value for name, value in held.items() if name in names and value != ""}, type(record))


def merged(held: Mapping[str, Any], asked: Mapping[str, Any] | None) -> dict[str, Any]:
    """A map with the entries that a request gives; one whose value is empty is taken away.

    https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-integrations-integrationid.html
    """
    made = dict(held)
    for name, value in (asked or {}).items():
        if value in ("", {}, None):
            made.pop(name, None)
        elif isinstance(value, Mapping) and isinstance(made.get(name), Mapping):
            made[name] = merged(cast("Mapping[str, Any]", made[name]), cast("Mapping[str, Any]", value))
        else:
            made[name] = value
    return made
