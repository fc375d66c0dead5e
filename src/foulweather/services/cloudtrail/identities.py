"""Who made a call, as `userIdentity` tells it.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from foulweather.kernel.credentials import Session
from foulweather.services.cloudtrail.records import Recorded
from foulweather.services.cloudtrail.times import iso

if TYPE_CHECKING:
    from foulweather.kernel.directory import Directory


def user_identity(event: Recorded, directory: Directory | None, response: dict[str, Any] | None) -> dict[str, Any]:
    """The element of an event's record."""
    if event.is_copy and event.kind not in ("service", "anonymous", "federated"):
        # The owner of a resource learns the account that asked, and the unique id of who it was.
        identity = {
            "type": "AWSAccount",
            "principalId": event.user_id or event.principal_account,
            "accountId": event.principal_account,
        }
        return _via(event, identity)
    match event.kind:
        case "service":
            return {"type": "AWSService", "invokedBy": event.arn}
        case "anonymous":
            return {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}
        case "federated":
            return _vouched(event, response)
        case "root":
            identity = {"type": "Root", **_named(event)}
        case "user":
            identity = {"type": "IAMUser", **_named(event), "userName": event.arn.rpartition("/")[2]}
        case "federated-user":
            identity = {"type": "FederatedUser", **_named(event)}
        case _:
            identity = {"type": "AssumedRole", **_named(event)}
    if event.session is not None:
        identity["sessionContext"] = _context(event, event.session, directory)
    return _via(event, identity)


def user_name(event: Recorded) -> str:
    """The Username that LookupEvents tells: a user's name, a session's name, `root`; empty for a service."""
    if event.kind == "root":
        return "root"
    return event.arn.rpartition("/")[2] if event.kind in ("user", "assumed-role", "federated-user") else ""


def _named(event: Recorded) -> dict[str, Any]:
    named: dict[str, Any] = {
        "principalId": event.user_id or event.principal_account,
        "arn": event.arn,
        "accountId": event.principal_account,
    }
    if event.access_key_id:
        named["accessKeyId"] = event.access_key_id
    return named


def _via(event: Recorded, identity: dict[str, Any]) -> dict[str, Any]:
    return {**identity, "invokedBy": event.via[-1]} if event.via else identity


def _context(event: Recorded, session: Session, directory: Directory | None) -> dict[str, Any]:
    context: dict[str, Any] = {}
    issuer = _issuer(event, directory)
    if issuer is not None:
        context["sessionIssuer"] = issuer
    if ":oidc-provider/" in session.provider:
        attributes = {key: value for key, value in session.claims.items() if key.endswith((":aud", ":sub"))}
        context["webIdFederationData"] = {"federatedProvider": session.provider, "attributes": attributes}
    has_mfa = "true" if session.mfa_at_ms else "false"
    context["attributes"] = {"creationDate": iso(session.issued_ms), "mfaAuthenticated": has_mfa}
    if session.source_identity:
        context["sourceIdentity"] = session.source_identity
    return context


def _issuer(event: Recorded, directory: Directory | None) -> dict[str, Any] | None:
    arn = event.role_arn
    if event.kind == "assumed-role":
        unique = event.user_id.partition(":")[0]
        return _issued("Role", unique, arn, arn.rpartition("/")[2])
    if event.kind != "federated-user" or not arn:
        return None
    if arn.endswith(":root"):
        account = arn.split(":")[4]
        return {"type": "Root", "principalId": account, "arn": arn, "accountId": account}
    user = directory.user(arn) if directory is not None else None
    return _issued("IAMUser", user.user_id if user is not None else "", arn, arn.rpartition("/")[2])


def _issued(kind: str, unique: str, arn: str, name: str) -> dict[str, Any]:
    account = arn.split(":")[4] if arn.count(":") >= 5 else ""
    return {"type": kind, "principalId": unique, "arn": arn, "accountId": account, "userName": name}


def _vouched(event: Recorded, response: dict[str, Any] | None) -> dict[str, Any]:
    """Whom an identity provider vouches for: by the claims that authorization saw."""
    claims = event.session.claims if event.session is not None else {}
    if ":saml-provider/" in event.arn:
        qualifier = str((response or {}).get("NameQualifier") or claims.get("saml:namequalifier", ""))
        subject = str((response or {}).get("Subject") or claims.get("saml:sub", ""))
        unique = f"{qualifier}:{subject}"
        return {"type": "SAMLUser", "principalId": unique, "userName": subject, "identityProvider": qualifier}
    subject = str(next((value for key, value in claims.items() if key.endswith(":sub")), ""))
    audiences: Any = next((value for key, value in claims.items() if key.endswith(":aud")), "")
    audience = str(cast("list[Any]", audiences)[0] if isinstance(audiences, list) else audiences)
    return {
        "type": "WebIdentityUser",
        "principalId": f"{event.arn}:{audience}:{subject}",
        "userName": subject,
        "identityProvider": event.arn,
    }
