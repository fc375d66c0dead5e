"""What of HTTP and WebSocket APIs has tags, by the path in its ARN."""

from __future__ import annotations

from collections.abc import Iterator

from foulweather.services.apigateway import taggable
from foulweather.services.apigateway.state import RestState
from foulweather.services.apigateway.taggable import Tagged
from foulweather.services.apigateway.v2.state import HttpState
from foulweather.world.world import World


def find(world: World, account: str, region: str, path: str) -> Tagged | None:
    """The tagged resource of a path."""
    state = world.state(HttpState, account, region)
    parts = path.split("/")[1:]
    if len(parts) == 2 and parts[0] == "apis":
        rows, row = state.apis, parts[1]
    elif len(parts) == 4 and (parts[0], parts[2]) == ("apis", "stages"):
        rows, row = state.stages, f"{parts[1]}/{parts[3]}"
    elif len(parts) == 2 and parts[0] == "vpclinks" and parts[1] in state.vpc_links:
        rows, row = state.vpc_links, parts[1]
    else:
        return taggable.find(world.state(RestState, account, region), path)
    found = rows.get(row)
    if found is None:
        return None

    def put(tags: dict[str, str]) -> None:
        found.tags = tags
        rows.touch(row)

    return Tagged(found.tags, put)


def each(state: HttpState) -> Iterator[tuple[str, dict[str, str]]]:
    """Every resource of HTTP and WebSocket APIs that can have tags, by path."""
    for row, api in state.apis.items():
        yield f"/apis/{row}", api.tags
    for row, link in state.vpc_links.items():
        yield f"/vpclinks/{row}", link.tags
    for row, stage in state.stages.items():
        api_id, _, name = row.partition("/")
        yield f"/apis/{api_id}/stages/{name}", stage.tags
