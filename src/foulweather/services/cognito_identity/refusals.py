"""The refusals of identity pools, in Cognito's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foulweather.kernel import validation
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact

if TYPE_CHECKING:
    from foulweather.kernel.call import Call
    from foulweather.services.cognito_identity.records import Identity, IdentityPool


def of_violations(violations: list[validation.Violation]) -> AwsError:
    """What breaks the model's constraints."""
    return validation.coral_error(violations, code="InvalidParameterException")


def invalid(message: str, *facts: Fact, remedy: tuple[str, ...] = ()) -> AwsError:
    """A parameter that is wrong, or does not fit the pool."""
    return AwsError("InvalidParameterException", message, facts=facts, remedy=remedy)


def not_authorized(message: str, *facts: Fact, remedy: tuple[str, ...] = ()) -> AwsError:
    """A login that is none, or one that does not open this."""
    return AwsError("NotAuthorizedException", message, facts=facts, remedy=remedy)


def conflict(message: str, *facts: Fact) -> AwsError:
    """A login that somebody else has."""
    return AwsError("ResourceConflictException", message, facts=facts)


def no_pool(pool_id: str) -> AwsError:
    """A pool that is not in this account and region."""
    return AwsError(
        "ResourceNotFoundException",
        f"IdentityPool '{pool_id}' not found.",
        facts=(Fact(pool_id, "exists", False),),
        remedy=("aws cognito-identity list-identity-pools --max-results 60",),
    )


def no_identity(identity_id: str) -> AwsError:
    """An identity that is not there."""
    return AwsError(
        "ResourceNotFoundException",
        f"Identity '{identity_id}' not found.",
        facts=(Fact(identity_id, "exists", False),),
    )


def no_guests(call: Call, pool: IdentityPool) -> AwsError:
    """Nobody logged in, where a login is needed."""
    return not_authorized(
        "Unauthenticated access is not supported for this identity pool.",
        call.fact(pool.arn, "AllowUnauthenticatedIdentities", False),
        remedy=(
            f"aws cognito-identity update-identity-pool --identity-pool-id {pool.id} "
            f"--identity-pool-name {pool.name} --allow-unauthenticated-identities",
        ),
    )


def forbidden(identity: Identity) -> AwsError:
    """An identity that has logins, asked for without any."""
    return not_authorized(
        f"Access to Identity '{identity.id}' is forbidden.", Fact(identity.id, "Logins", sorted(identity.logins))
    )


def no_match(identity: Identity) -> AwsError:
    """Logins none of which is the identity's."""
    return not_authorized(
        "Logins don't match. Please include at least one valid login for this identity or identity pool.",
        Fact(identity.id, "Logins", sorted(identity.logins)),
    )


def bad_token(reason: str, *facts: Fact) -> AwsError:
    """A token that proves nothing."""
    return not_authorized(f"Invalid login token. {reason}", *facts)


def misconfigured(message: str, *facts: Fact, remedy: tuple[str, ...] = ()) -> AwsError:
    """A pool without a role that its identities could take."""
    return AwsError("InvalidIdentityPoolConfigurationException", message, facts=facts, remedy=remedy)
