"""The refusals of user pools, in Cognito's words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from foulweather.kernel import validation
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact

if TYPE_CHECKING:
    from foulweather.kernel.call import Call
    from foulweather.services.cognito_idp.records import Client, Pool, User


_CUSTOM_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+")


def of_violations(violations: list[validation.Violation]) -> AwsError | None:
    """What breaks the model's constraints; its pattern of domains knows prefixes alone, and AWS takes whole names.

    https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-add-custom-domain.html
    """
    left = [each for each in violations if each.path != "domain" or not _CUSTOM_DOMAIN.fullmatch(str(each.value))]
    return validation.coral_error(left, code="InvalidParameterException") if left else None


def invalid(message: str, *facts: Fact, remedy: tuple[str, ...] = ()) -> AwsError:
    """A parameter that is wrong, or does not fit the pool."""
    return AwsError("InvalidParameterException", message, facts=facts, remedy=remedy)


def missing(name: str) -> AwsError:
    """A parameter of a flow that was not sent."""
    return invalid(f"Missing required parameter {name}", Fact("request", name, None))


def not_authorized(message: str, *facts: Fact, remedy: tuple[str, ...] = ()) -> AwsError:
    """Somebody who is not who they say, or may not do this."""
    return AwsError("NotAuthorizedException", message, facts=facts, remedy=remedy)


def not_found(message: str, *facts: Fact, remedy: tuple[str, ...] = ()) -> AwsError:
    """A resource that is not there."""
    return AwsError("ResourceNotFoundException", message, facts=facts, remedy=remedy)


def no_pool(pool_id: str) -> AwsError:
    """A pool that is not in this account and region."""
    return not_found(
        f"User pool {pool_id} does not exist.",
        Fact(pool_id, "exists", False),
        remedy=("aws cognito-idp list-user-pools --max-results 60",),
    )


def no_client(client_id: str, pool: Pool | None = None) -> AwsError:
    """An app client that is not there."""
    where = pool.id if pool is not None else "POOL_ID"
    return not_found(
        f"User pool client {client_id} does not exist.",
        Fact(client_id, "exists", False),
        remedy=(f"aws cognito-idp list-user-pool-clients --user-pool-id {where}",),
    )


def no_user(pool: Pool, name: str) -> AwsError:
    """Nobody of that name in the pool."""
    return AwsError(
        "UserNotFoundException",
        "User does not exist.",
        facts=(Fact(pool.arn, f"user {name}", None),),
        remedy=(f"aws cognito-idp list-users --user-pool-id {pool.id}",),
    )


def no_device(pool: Pool, user: User, key: str) -> AwsError:
    """A device that was never confirmed, or is forgotten; clients look for the word "device" in it."""
    return not_found(
        "Device does not exist.",
        Fact(whose(pool, user), f"device {key}", None),
        remedy=(f"aws cognito-idp admin-list-devices --user-pool-id {pool.id} --username {user.name}",),
    )


def wrong_password(call: Call, pool: Pool, user: User | None) -> AwsError:
    """A wrong name or password: which of them, only the Why says."""
    if user is None:
        return not_authorized("Incorrect username or password.", Fact(pool.arn, "user", None))
    return not_authorized(
        "Incorrect username or password.",
        call.fact(whose(pool, user), "password", "does not match"),
        Fact(whose(pool, user), "failed attempts", user.failures),
    )


def locked(pool: Pool, user: User, now_ms: int) -> AwsError:
    """Too many wrong passwords, for a while."""
    return not_authorized(
        "Password attempts exceeded",
        Fact(whose(pool, user), "failed attempts", user.failures),
        Fact(whose(pool, user), "locked for ms", user.locked_until_ms - now_ms),
    )


def disabled(call: Call, pool: Pool, user: User) -> AwsError:
    """A user whom an administrator has disabled."""
    return not_authorized(
        "User is disabled.",
        call.fact(whose(pool, user), "Enabled", False),
        remedy=(f"aws cognito-idp admin-enable-user --user-pool-id {pool.id} --username {user.name}",),
    )


def not_confirmed(call: Call, pool: Pool, user: User) -> AwsError:
    """A user who signed up and has not confirmed."""
    return AwsError(
        "UserNotConfirmedException",
        "User is not confirmed.",
        facts=(call.fact(whose(pool, user), "UserStatus", user.status),),
        remedy=(f"aws cognito-idp admin-confirm-sign-up --user-pool-id {pool.id} --username {user.name}",),
    )


def reset_required(call: Call, pool: Pool, user: User) -> AwsError:
    """A user whose password an administrator has reset."""
    return AwsError(
        "PasswordResetRequiredException",
        "Password reset required for the user",
        facts=(call.fact(whose(pool, user), "UserStatus", user.status),),
        remedy=("aws cognito-idp confirm-forgot-password --client-id CLIENT --username NAME --confirmation-code CODE",),
    )


def attempt_limit(who: str, name: str, most: int, until_ms: int) -> AwsError:
    """More requests of one user than an hour's."""
    return AwsError(
        "LimitExceededException",
        "Attempt limit exceeded, please try after some time.",
        facts=(Fact(who, f"{name} an hour", most), Fact(who, "again at ms", until_ms)),
    )


def importing(pool: Pool, job: str) -> AwsError:
    """A pool that is not to be changed while users are imported."""
    return AwsError(
        "UserImportInProgressException",
        "A user import job is in progress for this user pool.",
        facts=(Fact(pool.arn, "import job", job),),
        remedy=(f"aws cognito-idp stop-user-import-job --user-pool-id {pool.id} --job-id {job}",),
    )


def over_limit(message: str, *facts: Fact) -> AwsError:
    """A quota that has no room."""
    return AwsError("LimitExceededException", message, facts=facts)


def mismatch(message: str = "Invalid verification code provided, please try again.", *facts: Fact) -> AwsError:
    """A code that is not the one that was sent."""
    return AwsError("CodeMismatchException", message, facts=facts)


def expired(*facts: Fact) -> AwsError:
    """A code that is good no longer, or was never sent."""
    return AwsError("ExpiredCodeException", "Invalid code provided, please request a code again.", facts=facts)


def bad_password(message: str, policy: dict[str, Any], pool: Pool) -> AwsError:
    """A password that the pool's policy does not allow."""
    return AwsError("InvalidPasswordException", message, facts=(Fact(pool.arn, "PasswordPolicy", policy),))


def alias_taken(pool: Pool, name: str, holder: User) -> AwsError:
    """An alias that another user has."""
    return AwsError(
        "AliasExistsException",
        f"An account with the {name} already exists.",
        facts=(Fact(whose(pool, holder), name, holder.attributes.get(name)),),
    )


def not_in_tier(pool_id: str, feature: str, tier: str) -> AwsError:
    """A feature of a higher tier; AWS's page gives no words for it."""
    return AwsError(
        "FeatureUnavailableInTierException",
        f"{feature} is not available in the {tier} feature plan of this user pool.",
        facts=(Fact(pool_id, "UserPoolTier", tier),),
        remedy=(f"aws cognito-idp update-user-pool --user-pool-id {pool_id} --user-pool-tier ESSENTIALS",),
    )


def flow_disabled(call: Call, pool: Pool, client: Client, message: str, flow: str) -> AwsError:
    """A sign-in flow that the client has not enabled."""
    arn = f"{pool.arn}/client/{client.id}"
    flows: list[str] = client.settings.get("ExplicitAuthFlows") or []
    return invalid(
        message,
        call.fact(arn, "ExplicitAuthFlows", flows),
        remedy=(
            f"aws cognito-idp update-user-pool-client --user-pool-id {pool.id} --client-id {client.id} "
            f"--explicit-auth-flows {' '.join([*flows, f'ALLOW_{flow}'])}",
        ),
    )


def whose(pool: Pool, user: User) -> str:
    """How facts name a user."""
    return f"{pool.arn}/user/{user.name}"
