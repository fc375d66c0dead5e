"""Models: the JSON schemas of messages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.apigateway.schemas import checked_schema, template_of
from foulweather.services.apigateway.state import under
from foulweather.services.apigateway.v2 import finding, paging, refusals, snapshot
from foulweather.services.apigateway.v2.records import Api, Model, told
from foulweather.services.apigateway.v2.state import HttpState

Request = Mapping[str, Any]


def create_model(call: Call, request: Request) -> dict[str, Any]:
    """Add a model to an API."""
    state, api = finding.api(call, request)
    made = finding.updated(Model(model_id=finding.new_id(call, 6), name=""), finding.given(request, "ApiId"))
    _check(state, api, made)
    state.models.put(f"{api.api_id}/{made.model_id}", made)
    finding.changed(call, "ModelCreated", _path(api, made), made)
    snapshot.redeploy(call, api)
    return told(made)


def get_model(call: Call, request: Request) -> dict[str, Any]:
    """A model."""
    return told(_found(call, request)[2])


def get_models(call: Call, request: Request) -> dict[str, Any]:
    """The models of an API."""
    state, api = finding.api(call, request)
    return paging.listed(under(state.models, api.api_id), request)


def get_model_template(call: Call, request: Request) -> dict[str, Any]:
    """A mapping template made of a model."""
    return {"Value": template_of(_found(call, request)[2].schema)}


def update_model(call: Call, request: Request) -> dict[str, Any]:
    """Change a model."""
    state, api, model = _found(call, request)
    asked = finding.given(request, "ApiId", "ModelId")
    made = finding.updated(model, asked)
    _check(state, api, made)
    state.models.put(f"{api.api_id}/{made.model_id}", made)
    finding.changed(call, "ModelUpdated", _path(api, made), made, asked)
    snapshot.redeploy(call, api)
    return told(made)


def delete_model(call: Call, request: Request) -> None:
    """Delete a model."""
    state, api, model = _found(call, request)
    state.models.delete(f"{api.api_id}/{model.model_id}")
    finding.changed(call, "ModelDeleted", _path(api, model))
    snapshot.redeploy(call, api)


def _found(call: Call, request: Request) -> tuple[HttpState, Api, Model]:
    state, api = finding.api(call, request)
    return state, api, finding.child(call, request, state.models, "Model", "ModelId")


def _path(api: Api, model: Model) -> str:
    return f"/apis/{api.api_id}/models/{model.model_id}"


def _check(state: HttpState, api: Api, made: Model) -> None:
    if not re.fullmatch(r"[A-Za-z0-9]+", made.name):
        raise refusals.invalid("Model name must be alphanumeric", Name=made.name)
    others = [each for each in under(state.models, api.api_id) if each.model_id != made.model_id]
    checked_schema(made.schema, lambda name: any(each.name == name for each in others))
    if any(each.name == made.name for each in others):
        raise refusals.conflict(f"Model name already exists for this API: {made.name}")
