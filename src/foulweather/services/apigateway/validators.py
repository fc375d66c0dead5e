"""Request validators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.services.apigateway import finding, paging, patches, refusals
from foulweather.services.apigateway.patches import flag_of, sets
from foulweather.services.apigateway.records import RequestValidator, shown
from foulweather.services.apigateway.state import RestState, under

Request = Mapping[str, Any]


def create_request_validator(call: Call, request: Request) -> dict[str, Any]:
    """Add a request validator to an API."""
    state, api = finding.api(call, request)
    made = RequestValidator(
        id=finding.new_id(call),
        name=request.get("name"),
        validate_request_body=bool(request.get("validateRequestBody")),
        validate_request_parameters=bool(request.get("validateRequestParameters")),
    )
    state.validators.put(f"{api.id}/{made.id}", made)
    finding.changed(call, "RequestValidatorCreated", _path(request, made.id), made)
    return shown(made)


def get_request_validator(call: Call, request: Request) -> dict[str, Any]:
    """A request validator."""
    return shown(_found(call, request)[1])


def get_request_validators(call: Call, request: Request) -> dict[str, Any]:
    """The request validators of an API."""
    state, api = finding.api(call, request)
    found, more = paging.page(list(under(state.validators, api.id)), request)
    return {"items": [shown(validator) for validator in found], **more}


def update_request_validator(call: Call, request: Request) -> dict[str, Any]:
    """Change what of a request is validated."""
    state, validator = _found(call, request)
    made = patches.patched(call, validator, request, _RULES)
    state.validators.put(f"{request['restApiId']}/{made.id}", made)
    finding.changed(call, "RequestValidatorUpdated", _path(request, made.id), made, patches.touched(request))
    return shown(made)


def delete_request_validator(call: Call, request: Request) -> None:
    """Delete a request validator that no method uses."""
    state, validator = _found(call, request)
    for resource in under(state.resources, request["restApiId"]):
        for method in resource.resource_methods.values():
            if method.request_validator_id == validator.id:
                raise refusals.conflict(
                    f"Cannot delete request validator '{validator.name}', is referenced in method: "
                    f"{resource.path}/{method.http_method}"
                )
    state.validators.delete(f"{request['restApiId']}/{validator.id}")
    finding.changed(call, "RequestValidatorDeleted", _path(request, validator.id))


def _path(request: Request, validator_id: str) -> str:
    return f"/restapis/{request['restApiId']}/requestvalidators/{validator_id}"


def _found(call: Call, request: Request) -> tuple[RestState, RequestValidator]:
    state, api = finding.api(call, request)
    found = state.validators.get(f"{api.id}/{request['requestValidatorId']}")
    if found is None:
        path = finding.arn(call, _path(request, request["requestValidatorId"]))
        raise refusals.missing("Invalid Request Validator identifier specified", path)
    return state, found


_RULES: Final = (
    sets("/name", "name"),
    sets("/validateRequestBody", "validate_request_body", flag_of),
    sets("/validateRequestParameters", "validate_request_parameters", flag_of),
)
