"""Resource policies of tables and streams: their documents checked."""

from __future__ import annotations

from foulweather.policy.document import PolicySyntaxError, parse
from foulweather.services.dynamodb import limits, refusals


def checked_policy(document: str, arn: str) -> str:
    """A resource policy that can be parsed, within its size.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-considerations.html
    """
    size = len(document.encode())
    if size > limits.POLICY_BYTES_MAX:
        raise refusals.validation(
            f"Resource-based policy size of {size} bytes exceeds the maximum of {limits.POLICY_BYTES_MAX} bytes"
        )
    try:
        parse(document, "resource")
    except PolicySyntaxError as error:
        raise refusals.validation(f"Invalid policy document: {error}") from None
    del arn
    return document
