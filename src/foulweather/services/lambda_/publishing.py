"""Versions: what `$LATEST` is now, kept as it is.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html
"""

from __future__ import annotations

import msgspec

from foulweather.kernel.call import Call
from foulweather.services.lambda_ import limits, settling
from foulweather.services.lambda_.records import Configuration, Function


def publish(call: Call, function: Function, description: str | None) -> Configuration:
    """The next version, or the last one if nothing has changed since it was published."""
    latest = function.latest
    last = function.versions.get(str(function.versions_published))
    if last is not None and _substance(last) == _substance(latest):
        return last
    function.versions_published += 1
    version = msgspec.structs.replace(
        latest,
        version=str(function.versions_published),
        description=latest.description if description is None else description,
        modified_ms=call.now,
        revision_id=call.world.ids.uuid(),
        update_status="Successful",
        update_reason="",
        update_reason_code="",
        settles_ms=0,
    )
    function.versions[version.version] = version
    if latest.state == "Pending":
        settling.begin_making(call, function, version, limits.CREATE_MS)
    if version.snap_start == "PublishedVersions":
        settling.begin_making(call, function, version, limits.SNAPSHOT_MS)
    call.changed("lambda.VersionPublished", function.qualified(version.version), CodeSha256=version.code.sha256)
    return version


def _substance(configuration: Configuration) -> Configuration:
    """What makes two versions the same: code and settings, whatever they are called and whenever they were made."""
    return msgspec.structs.replace(
        configuration,
        version="",
        description="",
        modified_ms=0,
        revision_id="",
        settles_ms=0,
        sealed=b"",
        state="",
        state_reason="",
        state_reason_code="",
        update_status="",
        update_reason="",
        update_reason_code="",
    )
