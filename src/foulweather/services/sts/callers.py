"""Who may call what at all, and the role that a request names: before any policy is asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from foulweather.kernel.credentials import Credentials
from foulweather.kernel.directory import RoleView
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.why import Fact
from foulweather.services.sts.limits import denied, invalid

if TYPE_CHECKING:
    from foulweather.kernel.call import Call

_ROLE_ARN = re.compile(r"arn:aws:iam::(\d{12}):role/(?:[\x21-\x7e]+/)?[\w+=,.@-]{1,64}")


class NamedRole(NamedTuple):
    """The role that a request names, if there is one, and the account in its ARN."""

    arn: str
    account: str
    role: RoleView | None


def named_role(call: Call, arn: str) -> NamedRole:
    """The role of an ARN."""
    found = _ROLE_ARN.fullmatch(arn)
    if found is None:
        raise invalid("Request ARN is invalid", Fact(arn, "RoleArn", arn))
    directory = call.pipeline.directory
    if directory is None:
        raise not_implemented("iam", "GetRole")
    return NamedRole(arn, found[1], directory.role(arn))


def existing_role(call: Call, arn: str, action: str) -> RoleView:
    """The role of an ARN; a missing one is refused like one that does not trust the caller."""
    named = named_role(call, arn)
    if named.account in call.state(Credentials).revoked:  # a closed account's own number is among the revoked keys
        raise not_authorized(call, action, arn, Fact(named.account, "closed", True))
    if named.role is None:
        raise not_authorized(call, action, arn, Fact(arn, "exists", False))
    return named.role


def not_authorized(call: Call, action: str, arn: str, *facts: Fact) -> AwsError:
    """A refusal in the words of the authorization."""
    if call.principal.kind in ("federated", "anonymous"):
        return denied(f"Not authorized to perform {action}", *facts)
    return denied(f"User: {call.principal.arn} is not authorized to perform: {action} on resource: {arn}", *facts)


def require_may_assume(call: Call) -> None:
    """The root user assumes no roles, and a federated user calls nothing of STS but GetCallerIdentity."""
    if call.principal.kind == "root":
        raise denied(
            "Roles may not be assumed by root accounts.",
            Fact(call.principal.arn, "kind", "root"),
            remedy=("aws iam create-user --user-name NAME",),
        )
    if call.principal.kind == "federated-user":
        raise _with_session_credentials(call)


def require_long_term(call: Call) -> None:
    """GetSessionToken and GetFederationToken take a user's or root's own keys."""
    if call.session is not None or call.principal.kind not in ("root", "user"):
        raise _with_session_credentials(call)


def require_no_token(call: Call) -> None:
    """Tokens of GetSessionToken and GetFederationToken serve no STS call but AssumeRole and GetCallerIdentity.

    AWS STS API Reference, GetSessionToken and GetFederationToken, Permissions.
    """
    if call.session is not None and call.principal.kind in ("root", "user", "federated-user"):
        raise _with_session_credentials(call)


def _with_session_credentials(call: Call) -> AwsError:
    return denied(
        f"Cannot call {call.operation} with session credentials", Fact(call.principal.arn, "session credentials", True)
    )
