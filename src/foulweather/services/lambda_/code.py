"""A function's code: another package for `$LATEST`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from foulweather.kernel.call import Call
from foulweather.services.lambda_ import (
    layers_used,
    naming,
    packages,
    publishing,
    settings,
    settling,
    shapes,
    signatures,
)
from foulweather.services.lambda_.state import LambdaState


async def update_function_code(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Give `$LATEST` another package; invocations get the one before until the update has ended."""
    state, function = naming.unqualified(call, request["FunctionName"])
    settings.check_built(call, request)
    naming.require_settled(call, function)
    naming.require_revision(function, request.get("RevisionId"), function.latest.revision_id)
    signing = signatures.wanted(call, function.code_signing)
    package = await packages.fetched(call, request)
    signatures.check_package(call, function.name, signing)
    packages.require_storage(call, len(package.data))
    # Another update may have begun while the package was fetched.
    function = state.functions.get(function.name) or naming.unqualified(call, request["FunctionName"])[1]
    naming.require_settled(call, function)
    made = msgspec.structs.replace(function.latest, modified_ms=call.now, revision_id=call.world.ids.uuid())
    made.code = msgspec.structs.replace(made.code, unzipped=package.unzipped, sha256=package.sha256)
    layers_used.check_size(call, made)
    if architectures := request.get("Architectures"):
        made.architectures = list(architectures)
    if request.get("DryRun"):
        made.code.size = len(package.data)
        return shapes.told(call, function, made)
    made.code = package.keep(call)
    settling.begin_update(call, function, made)
    published = publishing.publish(call, function, None) if request.get("Publish") else None
    call.state(LambdaState, function.account).functions.touch(function.name)
    settings.changed(call, function, made)
    if published is not None:
        return shapes.told(call, function, published, published.version)
    return shapes.told(call, function, made)
