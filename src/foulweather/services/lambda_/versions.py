"""Versions: published and listed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.why import Fact
from foulweather.services.lambda_ import naming, packages, paging, publishing, refusals, settings, shapes
from foulweather.services.lambda_.records import LATEST, Configuration


def publish_version(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what `$LATEST` is now as a version that never changes."""
    state, function = naming.unqualified(call, request["FunctionName"])
    settings.check_built(call, request)
    naming.require_settled(call, function)
    latest = function.latest
    naming.require_revision(function, request.get("RevisionId"), latest.revision_id)
    sha256 = request.get("CodeSha256")
    if sha256 and sha256 != latest.code.sha256:
        raise refusals.invalid(
            f"CodeSHA256 ({sha256}) is different from current CodeSHA256 in $LATEST ({latest.code.sha256}). "
            "Please try again with the CodeSHA256 in $LATEST.",
            call.fact(function.arn, "CodeSha256", latest.code.sha256),
            Fact("request", "CodeSha256", sha256),
        )
    packages.require_storage(call, latest.code.size)
    version = publishing.publish(call, function, request.get("Description"))
    state.functions.touch(function.name)
    return shapes.told(call, function, version, version.version)


def list_versions_by_function(call: Call, request: Mapping[str, Any]) -> Any:
    """`$LATEST` and every published version, oldest first."""
    _, function = naming.located(call, request["FunctionName"])
    every = [function.latest, *function.versions.values()]
    shown, more = paging.page(every, _order, request)
    return shapes.listing(call, "Versions", [(function, each, each.version) for each in shown], more)


def _order(configuration: Configuration) -> str:
    return f"{0 if configuration.version == LATEST else int(configuration.version):012d}"
