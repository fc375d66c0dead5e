"""Layers: libraries that functions share, in versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.lambda_ import code_locations, layers_used, packages, paging, refusals, shapes
from foulweather.services.lambda_.records import Layer, LayerVersion
from foulweather.services.lambda_.state import LambdaState

Request = Mapping[str, Any]


async def publish_layer_version(call: Call, request: Request) -> dict[str, Any]:
    """Keep a package as the next version of a layer; its number is never given again."""
    name = layers_used.place(call, request["LayerName"]).name
    package = await packages.fetched(call, request["Content"])
    packages.require_storage(call, len(package.data))
    state = call.state(LambdaState)
    layer = state.layer_numbers.get(name) or Layer(name=name)
    layer.last += 1
    version = LayerVersion(
        layer=name,
        account=call.account,
        region=call.region,
        version=layer.last,
        code=package.keep(call),
        description=request.get("Description") or "",
        license=request.get("LicenseInfo") or "",
        runtimes=list(request.get("CompatibleRuntimes") or []),
        architectures=list(request.get("CompatibleArchitectures") or []),
        created_ms=call.now,
    )
    state.layer_numbers.put(name, layer)
    state.layers.put(f"{name}:{layer.last}", version)
    call.changed("lambda.LayerVersionPublished", version.arn, CodeSha256=version.code.sha256)
    return _told(call, version)


def get_layer_version(call: Call, request: Request) -> dict[str, Any]:
    """A version of a layer."""
    return _shown(call, layers_used.place(call, request["LayerName"], request["VersionNumber"]))


def get_layer_version_by_arn(call: Call, request: Request) -> dict[str, Any]:
    """A version of a layer, whosever it is."""
    return _shown(call, layers_used.place(call, request["Arn"]))


def list_layer_versions(call: Call, request: Request) -> dict[str, Any]:
    """A layer's versions that fit a runtime and an architecture, newest first."""
    at = layers_used.place(call, request["LayerName"])
    every = [each for each in _matching(call, at.account, request) if each.layer == at.name]
    every.sort(key=_newest_first)
    shown, more = paging.page(every, _newest_first, request)
    return {"LayerVersions": [_item(each) for each in shown], **more}


def list_layers(call: Call, request: Request) -> dict[str, Any]:
    """The account's layers, each with its newest version that fits."""
    newest: dict[str, LayerVersion] = {}
    for each in _matching(call, call.account, request):
        before = newest.get(each.layer)
        if before is None or before.version < each.version:
            newest[each.layer] = each
    shown, more = paging.page([newest[name] for name in sorted(newest)], lambda each: each.layer, request)
    told = [
        {"LayerName": each.layer, "LayerArn": _layer_arn(each), "LatestMatchingVersion": _item(each)} for each in shown
    ]
    return {"Layers": told, **more}


def delete_layer_version(call: Call, request: Request) -> None:
    """Delete a version of a layer; functions that have it go on using it, and no other can."""
    at = layers_used.place(call, request["LayerName"], request["VersionNumber"])
    version = layers_used.find_live(call, at)
    if version is None:
        return
    state = call.state(LambdaState, at.account)
    version.is_deleted, version.policy = True, ""
    state.layers.touch(f"{at.name}:{at.version}")
    layers_used.sweep(call, state)
    call.changed("lambda.LayerVersionDeleted", version.arn, exists=False)


def _matching(call: Call, account: str, request: Request) -> list[LayerVersion]:
    runtime, architecture = request.get("CompatibleRuntime"), request.get("CompatibleArchitecture")
    return [
        each
        for each in call.state(LambdaState, account).layers.values()
        if not each.is_deleted
        and (not runtime or runtime in each.runtimes)
        and (not architecture or architecture in each.architectures)
    ]


def _newest_first(version: LayerVersion) -> str:
    return f"{10**12 - version.version:012d}"


def _shown(call: Call, at: layers_used.LayerPlace) -> dict[str, Any]:
    version = layers_used.find_live(call, at)
    if version is None or at.region != call.region:
        raise refusals.no_such_resource(at.arn)
    return _told(call, version)


def _layer_arn(version: LayerVersion) -> str:
    return version.arn.rpartition(":")[0]


def _told(call: Call, version: LayerVersion) -> dict[str, Any]:
    code = version.code
    return {
        "Content": {
            "Location": code_locations.of_layer(call, version),
            "CodeSha256": code.sha256,
            "CodeSize": code.size,
        },
        "LayerArn": _layer_arn(version),
        **_item(version),
    }


def _item(version: LayerVersion) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "LayerVersionArn": version.arn,
        "Version": version.version,
        "Description": version.description,
        "CreatedDate": shapes.timestamp(version.created_ms),
    }
    for member, value in (
        ("CompatibleRuntimes", version.runtimes),
        ("LicenseInfo", version.license),
        ("CompatibleArchitectures", version.architectures),
    ):
        if value:
            shown[member] = value
    return shown
