"""Sessions of roles for those whom an identity provider vouches for; no AWS credentials sign these calls.

The access table verifies what they bring and sets the caller, so that authorization sees the provider.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foulweather.kernel.credentials import Session
from foulweather.services.sts import callers, limits, saml, sessions, web_identity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from foulweather.kernel.call import Call


def assume_role_with_web_identity(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Give a session of a role to the bearer of an OpenID Connect token whose provider it trusts."""
    identity = web_identity.verified(call, request)
    if call.principal.kind != "federated":
        raise callers.not_authorized(call, "sts:AssumeRoleWithWebIdentity", request["RoleArn"])
    role = callers.existing_role(call, request["RoleArn"], "sts:AssumeRoleWithWebIdentity")
    tags = limits.checked_tags([{"Key": key, "Value": value} for key, value in identity.tags.items()], {})
    session = Session(
        issued_ms=call.now,
        tags=tags,
        transitive_tags=limits.checked_transitive(identity.transitive, tags),
        source_identity=limits.checked_source_identity(identity.source_identity, ""),
        provider=identity.provider.arn,
        claims=identity.claims,
    )
    response = sessions.of_role(call, role, request["RoleSessionName"], session, request)
    response["SubjectFromWebIdentityToken"] = identity.subject
    response["Audience"] = identity.audience
    response["Provider"] = identity.provider.arn
    return response


def assume_role_with_saml(call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
    """Give a session of a role to whom a signed SAML response speaks of, as long as that lasts."""
    identity = saml.verified(call, request)
    if call.principal.kind != "federated":
        raise callers.not_authorized(call, "sts:AssumeRoleWithSAML", request["RoleArn"])
    role = callers.existing_role(call, request["RoleArn"], "sts:AssumeRoleWithSAML")
    tags = limits.checked_tags([{"Key": key, "Value": value} for key, value in identity.tags.items()], {})
    session = Session(
        issued_ms=call.now,
        tags=tags,
        transitive_tags=limits.checked_transitive(identity.transitive, tags),
        source_identity=identity.source_identity,
        provider=identity.provider,
        claims=identity.claims,
    )
    # "… for the duration that you specify, or until … SessionNotOnOrAfter …, whichever is shorter."
    remaining_s = (identity.ends_ms - call.now) // 1000 if identity.ends_ms else None
    response = sessions.of_role(call, role, identity.session_name, session, request, remaining_s)
    response["Subject"] = identity.subject
    response["SubjectType"] = identity.subject_type
    response["Issuer"] = identity.issuer
    response["Audience"] = identity.recipient
    response["NameQualifier"] = identity.name_qualifier
    return response
