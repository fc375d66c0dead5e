"""The call that a request makes: who, for what, from where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foulweather.gates.authenticate import Caller
from foulweather.kernel.call import Call, Origin
from foulweather.kernel.http import HttpRequest
from foulweather.wire.route import host_region
from foulweather.wire.sigv4 import Proof
from foulweather.world.flights import asking

if TYPE_CHECKING:
    from foulweather.wire.hosting import Hosted

DEFAULT_REGION = "us-east-1"
REMEMBERED_MAX = 10_000


def call_of(
    hosted: Hosted,
    request: HttpRequest,
    service: str,
    operation: str,
    is_global: bool,
    caller: Caller,
    proof: Proof | None,
) -> Call:
    """The call of a request for an operation; its region is the one that was signed for."""
    if is_global:
        region = DEFAULT_REGION
    else:
        region = (proof.region if proof is not None else host_region(request)) or DEFAULT_REGION
    asker = asking.get()
    return Call(
        hosted.pipeline,
        service,
        operation,
        caller.account,
        region,
        caller.principal,
        access_key_id=caller.access_key_id,
        session=caller.session,
        origin=_origin(hosted, request),
        trace_id="" if asker is None else asker.trace_id,
        parent_id="" if asker is None else asker.request_id,
    )


def _origin(hosted: Hosted, request: HttpRequest) -> Origin:
    """Where a request comes from; clients send the same again and again, so these are remembered."""
    headers = request.by_name()
    key = (
        request.peer,
        request.tls,
        headers.get("user-agent", ""),
        headers.get("host", ""),
        headers.get("referer", ""),
    )
    found = hosted.origins.get(key)
    if found is None:
        if len(hosted.origins) > REMEMBERED_MAX:
            hosted.origins.clear()
        found = hosted.origins[key] = Origin(*key)
    return found
