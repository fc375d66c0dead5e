"""Sessions of roles for callers with AWS credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.credentials import Session
from foulweather.kernel.errors import not_implemented
from foulweather.services.sts import callers, limits, sessions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foulweather.kernel.call import Call


def assume_role(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Give a session of a role to whom its trust policy, and the caller's own policies, allow it."""
    callers.require_may_assume(call)
    if request.get("ProvidedContexts"):
        raise not_implemented("sts", "AssumeRole.ProvidedContexts")
    role = callers.existing_role(call, request["RoleArn"], "sts:AssumeRole")
    before = call.session if call.principal.kind == "assumed-role" else None
    inherited = sessions.inherited_tags(before)
    tags = limits.checked_tags(request.get("Tags", ()), inherited)
    transitive = limits.checked_transitive(request.get("TransitiveTagKeys", ()), tags)
    session = Session(
        issued_ms=call.now,
        tags={**inherited, **tags},
        transitive_tags=(*inherited, *transitive),
        source_identity=limits.checked_source_identity(
            request.get("SourceIdentity", ""), before.source_identity if before is not None else ""
        ),
        is_chained=before is not None,
    )
    return sessions.of_role(call, role, request["RoleSessionName"], session, request)
