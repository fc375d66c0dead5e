"""What belongs to an API: its tables, and copies of them all for a clone."""

from __future__ import annotations

import copy
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.services.apigateway import finding
from foulweather.services.apigateway.records import Model, RestApi
from foulweather.services.apigateway.state import RestState, under
from foulweather.world.store import Table

_SCHEMA: Final = (
    '{\n  "$schema": "http://json-schema.org/draft-04/schema#",\n  "title" : "%s Schema",\n  "type" : "object"%s\n}'
)
_ERROR: Final = ',\n  "properties" : {\n    "message" : { "type" : "string" }\n  }'


def content(state: RestState) -> list[Table[Any]]:
    """The tables of what an API consists of, its tree of resources apart."""
    return [state.models, state.validators, state.authorizers, state.gateway_responses, state.documentation_parts]


def tables(state: RestState) -> list[Table[Any]]:
    """Every table whose rows belong to an API."""
    return [*content(state), state.resources, state.documentation_versions, state.deployments, state.stages]


def clone(call: Call, state: RestState, source: RestApi, made: RestApi) -> None:
    """Give a new API all that another one consists of; its deployments and stages stay the other's."""
    for rows in content(state):
        for key in [key for key in rows if key.startswith(f"{source.id}/")]:
            rows.put(f"{made.id}/{key.partition('/')[2]}", copy.deepcopy(rows[key]))
    renamed = {source.root_resource_id: made.root_resource_id}
    for resource in sorted(under(state.resources, source.id), key=lambda one: one.path.count("/")):
        copied = copy.deepcopy(resource)
        copied.id = renamed.setdefault(resource.id, finding.new_id(call))
        copied.parent_id = renamed.get(resource.parent_id or "")
        state.resources.put(f"{made.id}/{copied.id}", copied)


def put_default_models(call: Call, state: RestState, api_id: str) -> None:
    """The models Empty and Error, which a new API has."""
    for name, more, description in (
        ("Empty", "", "This is a default empty schema model"),
        ("Error", _ERROR, "This is a default error schema model"),
    ):
        model = Model(
            id=finding.new_id(call),
            name=name,
            content_type="application/json",
            description=description,
            schema=_SCHEMA % (name, more),
        )
        state.models.put(f"{api_id}/{name}", model)
