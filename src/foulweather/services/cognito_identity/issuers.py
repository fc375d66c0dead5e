"""Whose tokens are believed: the public keys of user pools, and of the OpenID providers that this world knows."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.services.cognito_identity import refusals

USER_POOL = re.compile(r"cognito-idp\.([a-z0-9-]+)\.amazonaws\.com/([\w-]+_[0-9a-zA-Z]+)")
ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"]


def payload_of(token: str) -> dict[str, Any]:
    """What a token says, whether it is true or not."""
    from joserfc import jws
    from joserfc.errors import JoseError

    try:
        claims = json.loads(jws.extract_compact(token.encode()).payload)
    except (JoseError, ValueError):
        claims = None
    if not isinstance(claims, dict) or cast("dict[str, Any]", claims).get("token_use") == "access":
        raise refusals.bad_token("Not a valid OpenId Connect identity token.")
    return cast("dict[str, Any]", claims)


def is_signed(call: Call, issuer: str, token: str) -> bool | None:
    """Whether an issuer (without its scheme) has signed a token; None where its keys are not known."""
    from joserfc import jws
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    found = USER_POOL.fullmatch(issuer)
    known = _published(call, issuer) if found is not None else _registered(call, issuer)
    if known is None:
        return None
    try:
        jws.deserialize_compact(token, KeySet.import_key_set(cast(Any, known)), algorithms=ALGORITHMS)
    except (JoseError, ValueError, TypeError):
        return False
    return True


def stands(call: Call, claims: Mapping[str, Any]) -> bool:
    """Whether the user of a user pool's token is still there, enabled, and has not signed out since."""
    service = call.pipeline.services.find("cognito-idp")
    assert service is not None, "there is no user pool without its service"
    return call.pipeline.services.part(service, "standing").stands(call.world, claims)


def _published(call: Call, issuer: str) -> dict[str, Any] | None:
    """The keys that a user pool publishes."""
    services = call.pipeline.services
    service = services.find("cognito-idp")
    if service is None:
        return None
    host, _, pool = issuer.partition("/")
    request = HttpRequest("GET", f"/{pool}/.well-known/jwks.json", "", [("Host", host)])
    response: HttpResponse = services.part(service, "traffic").answer(call.pipeline, request)
    return json.loads(response.body) if response.status == 200 else None


def _registered(call: Call, issuer: str) -> dict[str, Any] | None:
    """The keys of an issuer that was made known to STS."""
    services = call.pipeline.services
    service = services.find("sts")
    if service is None:
        return None
    known = call.state(services.part(service, "state").StsState).issuers.get(issuer)
    return None if known is None else json.loads(known.jwks)
