"""Who may call IAM at all, and whom a request without a name means.

"IAM determines the user name implicitly based on the access key", the API Reference says of many operations.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.iam import limits
from foulweather.services.iam.records import User
from foulweather.services.iam.state import IamState, no_such_entity


def require_iam_session(call: Call) -> None:
    """Tokens of GetSessionToken without MFA, and of GetFederationToken, serve no IAM call whatever policies say.

    AWS STS API Reference, GetSessionToken: "You cannot call any IAM API operations unless MFA authentication
    information is included in the request"; GetFederationToken: "You cannot call any IAM operations". IAM
    answers as if it did not know the key.
    """
    kind, session = call.principal.kind, call.session
    is_federated = kind == "federated-user"
    if not is_federated and (kind not in ("user", "root") or session is None or session.mfa_at_ms):
        return
    source = "GetFederationToken" if is_federated else "GetSessionToken without MFA"
    key = call.access_key_id or call.principal.arn
    why = Why(
        "denied",
        f"IAM takes no credentials of {source}.",
        (Fact(key, "issued by", source),),
        () if is_federated else ("aws sts get-session-token --serial-number MFA_ARN --token-code CODE",),
    )
    raise AwsError("InvalidClientTokenId", "The security token included in the request is invalid", 403, why=why)


def user_or_root(call: Call, request: Mapping[str, Any]) -> User | None:
    """The user that a request names, or else its caller; None is the root user."""
    state = call.state(IamState)
    if "UserName" in request:
        return state.user(request["UserName"])
    if call.principal.kind == "root":
        return None
    return state.user(_callers_name(call))


def user(call: Call, request: Mapping[str, Any]) -> User:
    """The user that a request names, or else its caller, for what the root user cannot have."""
    found = user_or_root(call, request)
    if found is None:
        raise limits.validation_error("Must specify userName when calling with non-User credentials")
    return found


def owner_id(call: Call, request: Mapping[str, Any]) -> str:
    """The unique id of that user; empty for the root user."""
    found = user_or_root(call, request)
    return found.id if found is not None else ""


def name_of(state: IamState, owner: str) -> dict[str, str]:
    """The member `UserName` for the owner of a credential; the root user has no name."""
    return {"UserName": user_with_id(state, owner).name} if owner else {}


def user_with_id(state: IamState, owner: str) -> User:
    """A user of the account by unique id."""
    for found in state.users.values():
        if found.id == owner:
            return found
    raise no_such_entity(f"The user with id {owner} cannot be found.")


def _callers_name(call: Call) -> str:
    if call.principal.kind != "user":
        raise limits.validation_error("Must specify userName when calling with non-User credentials")
    return call.principal.arn.rpartition("/")[2]
