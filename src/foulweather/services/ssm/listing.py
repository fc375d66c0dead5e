"""Listings of parameters: by path with values, by filters without, and through their history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.services.ssm import filters, limits, naming, public, refusals, throughput
from foulweather.services.ssm.describing import described, shown, valued
from foulweather.services.ssm.paging import page
from foulweather.services.ssm.state import Parameter, SsmState, Version

Request = Mapping[str, Any]


async def get_parameters_by_path(call: Call, request: Request) -> dict[str, Any]:
    """The parameters below a path, with their values."""
    throughput.check_read(call)
    path: str = request["Path"].strip()
    if not path.startswith("/"):
        raise refusals.invalid(
            "The parameter doesn't meet the parameter name requirements. The parameter name must begin with a forward "
            'slash "/". It can\'t be prefixed with \\"aws\\" or \\"ssm\\" (case-insensitive). It must use only '
            "letters, numbers, or the following symbols: . (period), - (hyphen), _ (underscore). Special characters "
            'are not allowed. All sub-paths, if specified, must use the forward slash symbol "/". Valid example: '
            "/get/parameters2-/by1./path0_.",
            Path=path,
        )
    if (published := public.below(path)) is not None and not request.get("ParameterFilters"):
        names, more = page(published, request, limits.PATH_PAGE)
        return {"Parameters": [public.shown(call.region, name) for name in names], **more}
    naming.check_kept_here(call, path.rstrip("/"))
    state = call.state(SsmState)
    passes, labels = filters.by_path(state, request)
    recursive = request.get("Recursive", False)
    found: list[tuple[Parameter, Version]] = []
    for parameter in sorted(state.parameters.values(), key=lambda each: each.name):
        if not filters.is_under(parameter.name, path, recursive=recursive):
            continue
        version = _labeled(state, parameter, labels) if labels else state.latest(parameter)
        if version is not None and all(each(parameter, version) for each in passes):
            found.append((parameter, version))
    some, more = page(found, request, limits.PATH_PAGE)
    decrypts = request.get("WithDecryption", False)
    return {"Parameters": [await shown(call, *each, decrypts=decrypts) for each in some], **more}


def describe_parameters(call: Call, request: Request) -> dict[str, Any]:
    """The parameters that filters find, without their values."""
    if request.get("Shared"):
        raise not_implemented("ssm", "DescribeParameters.Shared")
    passes = filters.described(request)
    state = call.state(SsmState)
    found = [
        (parameter, version)
        for parameter in sorted(state.parameters.values(), key=lambda each: each.name)
        for version in (state.latest(parameter),)
        if all(each(parameter, version) for each in passes)
    ]
    some, more = page(found, request, limits.LIST_PAGE)
    shown_ = [described(parameter, version) | {"ARN": parameter.arn} for parameter, version in some]
    return {"Parameters": shown_, **more}


async def get_parameter_history(call: Call, request: Request) -> dict[str, Any]:
    """Every version of a parameter that is kept, oldest first."""
    state, parameter = naming.require(call, request["Name"])
    some, more = page(list(state.versions_of(parameter).values()), request, limits.HISTORY_PAGE)
    decrypts = request.get("WithDecryption", False)
    found: list[dict[str, Any]] = []
    for version in some:
        one = described(parameter, version)
        one["Value"] = await valued(call, parameter, version, decrypts=decrypts)
        one["Labels"] = list(version.labels)
        found.append(one)
    return {"Parameters": found, **more}


def _labeled(state: SsmState, parameter: Parameter, labels: list[str]) -> Version | None:
    found = (state.labeled(parameter, label) for label in labels)
    return next((version for version in found if version is not None), None)
