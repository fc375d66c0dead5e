"""GetId: the identity of somebody who has logins, or of a new guest.

https://docs.aws.amazon.com/cognito/latest/developerguide/getting-credentials.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.services.cognito_identity import logins, naming, refusals, resolving
from foulweather.services.cognito_identity.naming import Request


def get_id(call: Call, request: Request) -> dict[str, Any]:
    """The identity of a user; without logins, a new one."""
    place = naming.entered(call, request)
    given: Mapping[str, str] = request.get("Logins") or {}
    if not given and not place.pool.takes_guests:
        raise refusals.no_guests(call, place.pool)
    users = logins.verified(call, place.pool, given)
    identity = resolving.resolved(call, place, None, users).apply(call)
    call.happened("cognito.IdentityFound", place.pool.arn, identity=identity.id, logins=sorted(given))
    return {"IdentityId": identity.id}
