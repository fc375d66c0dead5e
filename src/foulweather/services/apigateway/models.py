"""Models: the JSON schemas of bodies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.services.apigateway import finding, limits, paging, patches, refusals, schemas
from foulweather.services.apigateway.patches import sets
from foulweather.services.apigateway.records import Model, shown
from foulweather.services.apigateway.state import RestState, under

Request = Mapping[str, Any]
_NAME = re.compile(r"[A-Za-z0-9]+")


def create_model(call: Call, request: Request) -> dict[str, Any]:
    """Add a model to an API."""
    name = request["name"]
    if not _NAME.fullmatch(name):
        raise refusals.invalid(f"Model name must be alphanumeric: {name}", name=name)
    state, api = finding.api(call, request)
    if f"{api.id}/{name}" in state.models:
        raise refusals.conflict("Model name already exists for this REST API")
    if sum(1 for _ in under(state.models, api.id)) >= limits.MODELS_MAX:
        raise refusals.too_many("models", "API", finding.arn(call, f"/restapis/{api.id}"), limits.MODELS_MAX)
    made = Model(
        id=finding.new_id(call),
        name=name,
        content_type=request["contentType"],
        description=request.get("description"),
        schema=_checked(state, api.id, request.get("schema")),
    )
    state.models.put(f"{api.id}/{name}", made)
    finding.changed(call, "ModelCreated", _path(request, name), made)
    return shown(made)


def get_model(call: Call, request: Request) -> dict[str, Any]:
    """A model; `flatten` puts the models that it refers to into it."""
    state, model = _found(call, request)
    answer = shown(model)
    if request.get("flatten") and model.schema:
        api_id = request["restApiId"]
        answer["schema"] = schemas.flattened(model.schema, lambda name: _schema(state, api_id, name))
    return answer


def get_models(call: Call, request: Request) -> dict[str, Any]:
    """The models of an API."""
    state, api = finding.api(call, request)
    found, more = paging.page(list(under(state.models, api.id)), request)
    return {"items": [shown(model) for model in found], **more}


def get_model_template(call: Call, request: Request) -> dict[str, Any]:
    """A mapping template made of a model."""
    state, model = _found(call, request)
    api_id = request["restApiId"]
    text = schemas.flattened(model.schema, lambda name: _schema(state, api_id, name)) if model.schema else None
    return {"value": schemas.template_of(text)}


def update_model(call: Call, request: Request) -> dict[str, Any]:
    """Change a model's schema or description."""
    state, model = _found(call, request)
    made = patches.patched(call, model, request, _RULES)
    made.schema = _checked(state, request["restApiId"], made.schema)
    state.models.put(f"{request['restApiId']}/{made.name}", made)
    finding.changed(call, "ModelUpdated", _path(request, made.name), made, patches.touched(request))
    return shown(made)


def delete_model(call: Call, request: Request) -> None:
    """Delete a model that nothing refers to."""
    state, model = _found(call, request)
    api_id, name = request["restApiId"], model.name
    for resource in under(state.resources, api_id):
        for method in resource.resource_methods.values():
            where = f"{resource.path}/{method.http_method}"
            if name in method.request_models.values():
                words = f"Cannot delete model '{name}', is referenced in method request: {where}"
                raise refusals.conflict(words)
            if any(name in response.response_models.values() for response in method.method_responses.values()):
                words = f"Cannot delete model '{name}', is referenced in method response: {where}"
                raise refusals.conflict(words)
    for other in under(state.models, api_id):
        if other.name != name and name in schemas.models_named(other.schema):
            raise refusals.conflict(f"Cannot delete model '{name}', is referenced in model: {other.name}")
    state.models.delete(f"{api_id}/{name}")
    finding.changed(call, "ModelDeleted", _path(request, name))


def _path(request: Request, name: str) -> str:
    return f"/restapis/{request['restApiId']}/models/{name}"


def _found(call: Call, request: Request) -> tuple[RestState, Model]:
    state, api = finding.api(call, request)
    found = state.models.get(f"{api.id}/{request['modelName']}")
    if found is None:
        words = f"Invalid model name specified: {request['modelName']}"
        raise refusals.missing(words, finding.arn(call, _path(request, request["modelName"])))
    return state, found


def _checked(state: RestState, api_id: str, schema: str | None) -> str | None:
    return schemas.checked_schema(schema, lambda name: f"{api_id}/{name}" in state.models)


def _schema(state: RestState, api_id: str, name: str) -> str | None:
    found = state.models.get(f"{api_id}/{name}")
    return None if found is None else found.schema


_RULES: Final = (sets("/description", "description"), sets("/schema", "schema"))
