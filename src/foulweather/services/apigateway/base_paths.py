"""Base path mappings: which stages of which APIs answer under a domain name."""

from __future__ import annotations

import re
from collections.abc import Mapping as Request_
from typing import Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.apigateway import finding, paging, patches, refusals
from foulweather.services.apigateway.patches import Step, sets, value_of
from foulweather.services.apigateway.region_records import Mapping
from foulweather.services.apigateway.state import RestState, under

Request = Request_[str, Any]
NO_PATH: Final = "(none)"
_PATH = re.compile(r"[A-Za-z0-9$\-_.+!*'()]+")


def create_base_path_mapping(call: Call, request: Request) -> dict[str, Any]:
    """Have a stage of an API, or all of them, answer under a path of a domain name."""
    base_path = _checked(request.get("basePath"))
    state, domain = _domain(call, request)
    made = Mapping(
        id=finding.new_id(call),
        domain=domain,
        base_path=base_path,
        api_id=request["restApiId"],
        stage="" if request.get("stage") in (None, NO_PATH) else request["stage"],
    )
    _check(state, made)
    if f"{domain}/{base_path}" in state.mappings:
        raise refusals.conflict("Base path already exists for this domain name")
    state.mappings.put(f"{domain}/{base_path}", made)
    finding.changed(call, "BasePathMappingCreated", _path(made), made)
    return _told(made)


def get_base_path_mapping(call: Call, request: Request) -> dict[str, Any]:
    """A mapping."""
    return _told(_found(call, request)[1])


def get_base_path_mappings(call: Call, request: Request) -> dict[str, Any]:
    """The mappings of a domain name."""
    state, domain = _domain(call, request)
    found, more = paging.page(list(under(state.mappings, domain)), request)
    return {"items": [_told(mapping) for mapping in found], **more}


def update_base_path_mapping(call: Call, request: Request) -> dict[str, Any]:
    """Map a path to another stage or API, or the same to another path."""
    state, mapping = _found(call, request)
    made = patches.patched(call, mapping, request, _RULES)
    _check(state, made)
    row, before = f"{made.domain}/{made.base_path}", f"{made.domain}/{mapping.base_path}"
    if row != before:
        if row in state.mappings:
            raise refusals.conflict("Base path already exists for this domain name")
        state.mappings.delete(before)
    state.mappings.put(row, made)
    finding.changed(call, "BasePathMappingUpdated", _path(made), made, patches.touched(request))
    return _told(made)


def delete_base_path_mapping(call: Call, request: Request) -> None:
    """Have nothing answer under a path any more."""
    state, mapping = _found(call, request)
    state.mappings.delete(f"{mapping.domain}/{mapping.base_path}")
    finding.changed(call, "BasePathMappingDeleted", _path(mapping))


def _checked(path: str | None) -> str:
    if path in (None, "", NO_PATH):
        return ""
    assert path is not None
    if "/" in path:
        raise refusals.invalid(
            "API Gateway V1 doesn't support the slash character (/) in base path mappings. To create a multi-level "
            "base path mapping, use API Gateway V2.",
            basePath=path,
        )
    if not _PATH.fullmatch(path):
        raise refusals.invalid("Base path mapping contains invalid characters", basePath=path)
    return path


def _domain(call: Call, request: Request) -> tuple[RestState, str]:
    if request.get("domainNameId"):
        raise not_implemented("apigateway", f"{call.operation}.DomainNameId")  # it names a private one
    state, name = call.state(RestState), request["domainName"].lower()
    if name not in state.domains:
        path = finding.arn(call, f"/domainnames/{name}")
        raise refusals.missing("Invalid domain name identifier specified", path)
    return state, name


def _found(call: Call, request: Request) -> tuple[RestState, Mapping]:
    state, domain = _domain(call, request)
    base_path = "" if request["basePath"] == NO_PATH else request["basePath"]
    found = state.mappings.get(f"{domain}/{base_path}")
    if found is None:
        path = finding.arn(call, f"/domainnames/{domain}/basepathmappings/{request['basePath']}")
        raise refusals.missing("Invalid base path mapping identifier specified", path)
    return state, found


def _check(state: RestState, made: Mapping) -> None:
    if made.api_id not in state.apis:
        raise refusals.invalid("Invalid REST API identifier specified", restApiId=made.api_id)
    if made.stage and f"{made.api_id}/{made.stage}" not in state.stages:
        raise refusals.invalid("Invalid stage identifier specified", stage=made.stage)


def _path(mapping: Mapping) -> str:
    return f"/domainnames/{mapping.domain}/basepathmappings/{mapping.base_path or NO_PATH}"


def _told(mapping: Mapping) -> dict[str, Any]:
    answer = {"basePath": mapping.base_path or NO_PATH, "restApiId": mapping.api_id}
    return {**answer, "stage": mapping.stage} if mapping.stage else answer


def _base_path(step: Step) -> str:
    return _checked(step.value)


def _stage(step: Step) -> str:
    return "" if step.value in (None, NO_PATH) else step.value or ""


_RULES: Final = (
    sets("/basePath", "base_path", _base_path),
    sets("/stage", "stage", _stage),
    sets("/restapiId", "api_id", value_of),
    sets("/restApiId", "api_id", value_of),
)
