"""Secrets Manager's refusals, in its words.

Codes: the errors of each operation in the API reference,
https://docs.aws.amazon.com/secretsmanager/latest/apireference/Welcome.html
"""

from __future__ import annotations

from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact
from foulweather.services.secretsmanager.state import Secret


def invalid_parameter(message: str, **given: Any) -> AwsError:
    """A parameter that is wrong by itself."""
    return AwsError("InvalidParameterException", message, facts=_request(given))


def invalid_request(message: str, *facts: Fact, remedy: tuple[str, ...] = ()) -> AwsError:
    """A request that the secret's state does not allow."""
    return AwsError("InvalidRequestException", message, facts=facts, remedy=remedy)


def over_limit(message: str, *facts: Fact) -> AwsError:
    """A quota that has no room."""
    return AwsError("LimitExceededException", message, facts=facts)


def no_such_secret(secret_id: str) -> AwsError:
    """What is not there, or not by that name in this Region."""
    return AwsError(
        "ResourceNotFoundException",
        "Secrets Manager can't find the specified secret.",
        facts=(Fact("request", "SecretId", secret_id), Fact(secret_id, "exists", False)),
        remedy=("aws secretsmanager list-secrets --include-planned-deletion",),
    )


def no_such_version(secret: Secret, what: str, value: str) -> AwsError:
    """A version, or a staging label, that the secret does not have."""
    return AwsError(
        "ResourceNotFoundException",
        f"Secrets Manager can't find the specified secret value for {what}: {value}",
        facts=(Fact(secret.arn, what, value), Fact(secret.arn, f"{what} exists", False)),
        remedy=(f"aws secretsmanager list-secret-version-ids --secret-id {secret.arn} --include-deprecated",),
    )


def marked_for_deletion(call: Call, secret: Secret) -> AwsError:
    """A secret in its recovery window answers nothing but what describes, lists or restores it."""
    return invalid_request(
        "You can't perform this operation on the secret because it was marked for deletion.",
        call.fact(secret.arn, "DeletedDate", secret.deletion_ms),
        remedy=(f"aws secretsmanager restore-secret --secret-id {secret.arn} --region {secret.region}",),
    )


def is_replica(secret: Secret) -> AwsError:
    """A replica is changed by changing its primary."""
    return invalid_request(
        "Operation not permitted on a replica secret. Call must be made in primary secret's region.",
        Fact(secret.arn, "PrimaryRegion", secret.primary_region),
    )


def is_managed(secret: Secret) -> AwsError:
    """A secret that a service made for itself is changed through that service; AWS's page gives no words for it.

    https://docs.aws.amazon.com/secretsmanager/latest/userguide/service-linked-secrets.html
    """
    return invalid_request(
        f"You can't perform this operation on the secret because it's managed by {secret.owner}.",
        Fact(secret.arn, "OwningService", secret.owner),
    )


def _request(given: dict[str, Any]) -> tuple[Fact, ...]:
    return tuple(Fact("request", name, value) for name, value in given.items())
