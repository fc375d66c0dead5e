"""Models out of the schemas of a definition.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
"""

from __future__ import annotations

import json
import re
from typing import Any, Final, cast

from foulweather.kernel.call import Call
from foulweather.services.apigateway import finding, limits, refusals, schemas
from foulweather.services.apigateway.openapi.documents import Document, part
from foulweather.services.apigateway.openapi.findings import Findings
from foulweather.services.apigateway.records import Model
from foulweather.services.apigateway.state import RestState, under

_NAME = re.compile(r"[A-Za-z0-9]+")
_LOCAL = re.compile(r"#/(?:definitions|components/schemas)/([^/]+)")
# What OpenAPI's schemas have beyond JSON schema's draft 4.
_BEYOND: Final = frozenset(
    {"deprecated", "discriminator", "example", "externalDocs", "nullable", "readOnly", "writeOnly", "xml"}
)
# Members of a schema whose own members have names of the API's choice.
_NAMED: Final = frozenset({"properties", "definitions", "patternProperties", "dependencies"})


def read_models(call: Call, state: RestState, api_id: str, document: Document, findings: Findings) -> None:
    """Every schema of a definition, as a model of its name."""
    named = part(document, "definitions") or part(part(document, "components"), "schemas")
    for name in [name for name in named if not _NAME.fullmatch(name)]:
        findings.errors.append(f"Unable to create model for '{name}': Model name must be alphanumeric: {name}")
    names = [name for name in named if _NAME.fullmatch(name)]
    for name in names:
        text = json.dumps(schema_of(api_id, named[name]))

        def put(name: str = name, text: str = text) -> None:
            schema = schemas.checked_schema(text, lambda other: other in names or f"{api_id}/{other}" in state.models)
            held = state.models.get(f"{api_id}/{name}")
            if held is None and sum(1 for _ in under(state.models, api_id)) >= limits.MODELS_MAX:
                where = finding.arn(call, f"/restapis/{api_id}")
                raise refusals.too_many("models", "API", where, limits.MODELS_MAX)
            _put(call, state, api_id, name, schema)

        findings.attempt(f"Unable to create model for '{name}'", put)


def model_for(call: Call, state: RestState, api_id: str, schema: Any) -> str | None:
    """The name of the model that a body's schema refers to, or of one made for a schema that has no name."""
    if not isinstance(schema, dict) or not schema:
        return None
    held = cast("Document", schema)
    found = _LOCAL.fullmatch(str(held.get("$ref", "")))
    if found is not None:
        return found[1]
    text = json.dumps(schema_of(api_id, held))
    for model in under(state.models, api_id):
        if model.schema == text:
            return model.name
    name = f"MODEL{call.world.ids.hex(6)}"
    _put(call, state, api_id, name, schemas.checked_schema(text, lambda other: f"{api_id}/{other}" in state.models))
    return name


def schema_of(api_id: str, schema: Any, *, names: bool = False) -> Any:
    """A schema as models have it: of draft 4, with references in canonical form."""
    if isinstance(schema, list):
        return [schema_of(api_id, one) for one in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    made: Document = {}
    for name, value in cast("Document", schema).items():
        if not names and (name in _BEYOND or name.startswith("x-")):
            continue
        found = _LOCAL.fullmatch(value) if name == "$ref" and isinstance(value, str) else None
        if found is not None:
            made["$ref"] = f"https://apigateway.amazonaws.com/restapis/{api_id}/models/{found[1]}"
        else:
            made[name] = schema_of(api_id, value, names=not names and name in _NAMED)
    return made


def _put(call: Call, state: RestState, api_id: str, name: str, schema: str | None) -> None:
    held = state.models.get(f"{api_id}/{name}")
    model_id = finding.new_id(call) if held is None else held.id
    made = Model(id=model_id, name=name, content_type="application/json", schema=schema)
    state.models.put(f"{api_id}/{name}", made)
