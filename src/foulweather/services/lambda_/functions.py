"""Functions: made, shown, listed, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.lambda_ import (
    code_locations,
    layers_used,
    limits,
    naming,
    packages,
    paging,
    publishing,
    refusals,
    settings,
    settling,
    shapes,
    signatures,
)
from foulweather.services.lambda_.records import LATEST, Configuration, Function
from foulweather.services.lambda_.state import LambdaState

Request = Mapping[str, Any]


async def create_function(call: Call, request: Request) -> dict[str, Any]:
    """Make a function of a package; it can be invoked once it is active."""
    place = naming.place(call, request["FunctionName"])
    limits.check_name(place.name)
    if (place.account, place.region) != (call.account, call.region):
        raise refusals.invalid(
            f"The function ARN must be of account {call.account} and region {call.region}.",
            Fact("request", "FunctionName", request["FunctionName"]),
        )
    if request.get("PackageType", "Zip") == "Image" or request["Code"].get("ImageUri"):
        raise not_implemented("lambda", "CreateFunction.PackageType=Image")
    if not (request.get("Runtime") and request.get("Handler")):
        raise refusals.invalid(
            "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
            Fact("request", "Runtime", request.get("Runtime")),
            Fact("request", "Handler", request.get("Handler")),
        )
    settings.check(call, request)
    tags = limits.checked_tags(request.get("Tags") or {})
    _require_new(call, place.name)
    signing = signatures.wanted(call, request.get("CodeSigningConfigArn") or "")
    package = await packages.fetched(call, request["Code"])
    signatures.check_package(call, place.name, signing)
    packages.require_storage(call, len(package.data))
    empty = Configuration(role=request["Role"], modified_ms=call.now, revision_id="")
    # Code and layers are measured together, before the package is kept.
    empty.code.unzipped = package.unzipped
    latest = await settings.applied(call, request, place.name, empty)
    _require_new(call, place.name)
    latest.code = package.keep(call)
    function = Function(name=place.name, account=call.account, region=call.region, latest=latest, tags=tags)
    function.code_signing = signing.arn if signing is not None else ""
    settling.begin_making(call, function, latest, limits.CREATE_MS)
    published = publishing.publish(call, function, latest.description) if request.get("Publish") else None
    call.state(LambdaState).functions.put(function.name, function)
    settings.changed(call, function, latest)
    call.happened("lambda.FunctionCreated", function.arn)
    if published is not None:
        return shapes.told(call, function, published, published.version)
    return shapes.told(call, function, latest)


def get_function(call: Call, request: Request) -> Any:
    """A function's configuration, where its package is, its tags and its reserved concurrency."""
    found = naming.described(call, request["FunctionName"], request.get("Qualifier"))
    function, configuration, qualifier = found
    location = code_locations.of_function(call, function, configuration.code)
    answer: dict[str, Any] = {"Code": {"RepositoryType": "S3", "Location": location}}
    if function.tags and not qualifier:
        answer["Tags"] = function.tags
    if function.reserved is not None:
        answer["Concurrency"] = {"ReservedConcurrentExecutions": function.reserved}
    if configuration.sealed:
        return _opened(call, found, answer)
    answer["Configuration"] = shapes.told(call, function, configuration, qualifier)
    return answer


def get_function_configuration(call: Call, request: Request) -> Any:
    """The settings of a function's version."""
    function, configuration, qualifier = naming.described(call, request["FunctionName"], request.get("Qualifier"))
    if configuration.sealed:
        return shapes.opened(call, function, configuration, qualifier)
    return shapes.told(call, function, configuration, qualifier)


def list_functions(call: Call, request: Request) -> Any:
    """The account's functions in this Region, or all of their versions."""
    if request.get("MasterRegion"):
        raise not_implemented("lambda", "ListFunctions.MasterRegion")
    functions = sorted(call.state(LambdaState).functions.values(), key=lambda each: each.name)
    if request.get("FunctionVersion") != "ALL":
        shown, more = paging.page(functions, lambda each: each.name, request)
        return shapes.listing(call, "Functions", [(each, each.latest, "") for each in shown], more)
    every = [(each, version) for each in functions for version in (each.latest, *each.versions.values())]
    page, more = paging.page(every, _order, request)
    return shapes.listing(call, "Functions", [(each, version, version.version) for each, version in page], more)


def delete_function(call: Call, request: Request) -> dict[str, Any]:
    """Delete a function with all that belongs to it, or one of its versions."""
    place, function = naming.located(call, request["FunctionName"], request.get("Qualifier"))
    state = call.state(LambdaState, place.account)
    if place.qualifier:
        _delete_version(call, state, function, place.qualifier)
        return {"StatusCode": 204}
    codes = [each.code for each in (function.latest, *function.versions.values())]
    codes += [function.before.code] if function.before is not None else []
    state.functions.delete(function.name)
    for file_id in {code.file_id for code in codes if code.file_id}:
        call.world.files.delete(file_id)
    layers_used.sweep(call, state)
    call.changed("lambda.FunctionDeleted", function.arn, exists=False)
    return {"StatusCode": 204}


def _delete_version(call: Call, state: LambdaState, function: Function, qualifier: str) -> None:
    arn = function.qualified(qualifier)
    if qualifier == LATEST:
        raise refusals.invalid(
            "$LATEST version cannot be deleted without deleting the function.", Fact("request", "Qualifier", qualifier)
        )
    if qualifier in function.aliases:
        raise refusals.invalid(
            "Deletion of aliases is not currently supported.",
            Fact("request", "Qualifier", qualifier),
            remedy=(f"aws lambda delete-alias --function-name {function.name} --name {qualifier}",),
        )
    configuration = function.versions.get(qualifier)
    if configuration is None:
        raise refusals.no_such_function(arn)
    named = [alias.name for alias in function.aliases.values() if qualifier in (alias.version, *alias.weights)]
    if named:
        raise refusals.conflict(
            f"Version {qualifier} is referenced by one or more aliases: {', '.join(named)}",
            *(call.fact(function.qualified(name), "FunctionVersion", qualifier) for name in named),
        )
    del function.versions[qualifier]
    for held in (function.policies, function.async_configs, function.provisioned, function.runtime_management):
        held.pop(qualifier, None)
    packages.release(call, function, [configuration.code])
    layers_used.sweep(call, state)
    state.functions.touch(function.name)
    call.changed("lambda.VersionDeleted", arn, exists=False)


def _require_new(call: Call, name: str) -> None:
    if name in call.state(LambdaState).functions:
        raise refusals.conflict(
            f"Function already exist: {name}", call.fact(call.arn("lambda", f"function:{name}"), "exists", True)
        )


async def _opened(call: Call, found: naming.Reference, answer: dict[str, Any]) -> dict[str, Any]:
    answer["Configuration"] = await shapes.opened(call, found.function, found.configuration, found.qualifier)
    return answer


def _order(each: tuple[Function, Configuration]) -> str:
    function, configuration = each
    number = 0 if configuration.version == LATEST else int(configuration.version)
    return f"{function.name}:{number:012d}"
