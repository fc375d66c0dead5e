"""Every quota of EventBridge Pipes, and the words of its refusals.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html
"""

from __future__ import annotations

from typing import Any, Final

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact

PIPES_MAX: Final = 1_000
TAGS_MAX: Final = 50
# How many events a target takes at once; those that are not here take as much as fits into their payload.
BATCH_MAX: Final = {"events": 10, "firehose": 500, "kinesis": 500, "logs": 10_000, "sns": 10, "sqs": 10}
PAYLOAD_BYTES_MAX: Final = {"lambda": 6 * 1024 * 1024, "states": 262_144}
BATCH: Final = {"sqs": 10, "kinesis": 100, "dynamodb": 100}
# A change of state takes some time, of which AWS says nothing; these are exact, so that a held clock can be advanced.
SETTLES_AFTER_MS: Final = 10_000
RETRY_MS: Final = 1_000
RETRY_MS_MAX: Final = 60_000


def backoff_ms(attempt: int) -> int:
    """How long to wait after so many failures in a row; how long AWS waits is not published."""
    return min(RETRY_MS << min(attempt, 10), RETRY_MS_MAX)


def invalid(message: str, **facts: Any) -> AwsError:
    """A request that cannot be meant."""
    told = tuple(Fact("request", name, value) for name, value in facts.items())
    return AwsError("ValidationException", message, 400, facts=told)


def missing(name: str) -> AwsError:
    """There is no such pipe."""
    return AwsError("NotFoundException", f"Pipe {name} does not exist.", 404, facts=(Fact(name, "exists", False),))


def conflict(name: str, message: str, *facts: Fact) -> AwsError:
    """The pipe is there already, or changes just now."""
    members = {"resourceId": name, "resourceType": "Pipe"}
    return AwsError("ConflictException", message, 409, facts=facts, members=members)


def too_many(count: int) -> AwsError:
    """The account has all the pipes that it can have."""
    members = {"resourceId": "pipes", "resourceType": "Pipe", "serviceCode": "pipes"}
    words = f"The limit of {PIPES_MAX} pipes in this account and Region is reached."
    return AwsError(
        "ServiceQuotaExceededException", words, 402, facts=(Fact("account", "pipes", count),), members=members
    )
