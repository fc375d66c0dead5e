"""What of API Gateway's has tags, by the path in its ARN."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from foulweather.kernel.call import Call
from foulweather.services.apigateway import refusals
from foulweather.services.apigateway.state import RestState
from foulweather.world.store import Table


class Tagged(NamedTuple):
    """A resource's tags, and how others are put in their place."""

    tags: dict[str, str]
    put: Callable[[dict[str, str]], None]


def find(state: RestState, path: str) -> Tagged | None:
    """The tagged resource of a path."""
    rows, row = _row(state, path)
    found: Any = None if rows is None else rows.get(row)
    if rows is None or found is None:
        return None

    def put(tags: dict[str, str]) -> None:
        found.tags = tags
        rows.touch(row)

    return Tagged(found.tags, put)


def require(call: Call, arn: str) -> Tagged:
    """The tagged resource of an ARN, which is there."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "apigateway" or not parts[5].startswith("/"):
        raise refusals.invalid("Invalid ARN specified in the request", resourceArn=arn)
    found = find(call.state(RestState), parts[5]) if parts[3] == call.region else None
    if found is None:
        raise refusals.missing(f"Resource not found: {arn}", arn)
    return found


def each(state: RestState) -> Iterator[tuple[str, dict[str, str]]]:
    """Every resource that can have tags, by path."""
    for kind, rows in _tables(state).items():
        for row, held in rows.items():
            yield f"/{kind}/{row}", held.tags
    for row, stage in state.stages.items():
        api_id, _, name = row.partition("/")
        yield f"/restapis/{api_id}/stages/{name}", stage.tags


def _tables(state: RestState) -> dict[str, Table[Any]]:
    return {
        "restapis": state.apis,
        "apikeys": state.keys,
        "usageplans": state.plans,
        "domainnames": state.domains,
        "clientcertificates": state.certificates,
        "vpclinks": state.vpc_links,
    }


def _row(state: RestState, path: str) -> tuple[Table[Any] | None, str]:
    parts = path.split("/")[1:]
    if len(parts) == 4 and (parts[0], parts[2]) == ("restapis", "stages"):
        return state.stages, f"{parts[1]}/{parts[3]}"
    return (_tables(state).get(parts[0]), parts[1]) if len(parts) == 2 else (None, "")
