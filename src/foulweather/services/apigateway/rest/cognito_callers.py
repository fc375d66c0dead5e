"""Callers who sign with credentials of an identity pool: which identity they are, and how it was proved.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, cast

_PREFIX: Final = "cognito-identity.amazonaws.com:"


class CognitoCaller(NamedTuple):
    """An identity of an identity pool; `amr` begins with `authenticated` or `unauthenticated`."""

    identity_id: str
    pool_id: str
    amr: Sequence[str]

    @property
    def providers(self) -> str | None:
        """Its logins, joined by commas: the provider, and the user of a user pool (`…:CognitoSignIn:SUB`)."""
        return ",".join(self.amr[1:]) or None


def cognito_caller(session: Any) -> CognitoCaller | None:
    """The identity that a session's credentials were given to, if an identity pool did."""
    claims: dict[str, Any] = session.claims if session is not None else {}
    if f"{_PREFIX}sub" not in claims:
        return None
    amr = claims.get(f"{_PREFIX}amr")
    listed = cast("list[str]", amr) if isinstance(amr, list) else [str(amr)] if amr else []
    return CognitoCaller(str(claims[f"{_PREFIX}sub"]), str(claims.get(f"{_PREFIX}aud", "")), listed)
