"""The KMS keys of log groups: CloudWatch Logs itself asks for them, by its regional service principal.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, Final, cast

from foulweather.kernel import answers
from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why
from foulweather.services.logs.state import LogGroup, LogsState

# "It can take up to 5 minutes for this operation to take effect": how long a key is used without asking again.
REMEMBERED_MS: Final = 300_000


def sealed(call: Call, group: LogGroup, key: str) -> bytes:
    """A data key for a group, under a symmetric key that CloudWatch Logs may use for it."""
    if not key.startswith("arn:"):
        raise _refusal(call, group, key, None)
    asked = {"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": {"aws:logs:arn": group.arn}}
    return _asked(call, group, key, "generate_data_key", asked)["CiphertextBlob"]


def check_usable(call: Call, state: LogsState, group: LogGroup) -> None:
    """Refuse to read or write events under a key that CloudWatch Logs may not use any more."""
    if not group.key or call.now - state.key_checked_ms.get(group.name, -REMEMBERED_MS) < REMEMBERED_MS:
        return
    asked = {"CiphertextBlob": group.data_key, "EncryptionContext": {"aws:logs:arn": group.arn}}
    _asked(call, group, group.key, "decrypt", asked)
    state.key_checked_ms[group.name] = call.now


def _asked(call: Call, group: LogGroup, key: str, operation: str, request: dict[str, Any]) -> Mapping[str, Any]:
    kms = call.acting_as(f"logs.{call.region}.amazonaws.com", source_arn=group.arn).kms
    try:
        response = answers.given(call, request)
        if response is None:
            response = getattr(kms, operation)(request)
    except AwsError as error:
        if error.status == 501:
            raise
        raise _refusal(call, group, key, error) from error
    if isinstance(response, Awaitable):  # a fault slows KMS down
        raise answers.NotYet(call, request, cast("Awaitable[Mapping[str, Any]]", response))
    return response


def _refusal(call: Call, group: LogGroup, key: str, error: AwsError | None) -> AwsError:
    """The refusal of a key "that does not exist or is disabled": API_CreateLogGroup."""
    why = Why(
        "refused",
        f"CloudWatch Logs cannot use the key {key} for {group.arn}.",
        (call.fact(group.arn, "kmsKeyId", key), Fact(group.arn, "encryption context aws:logs:arn", group.arn)),
        (f"aws kms get-key-policy --key-id {key} --policy-name default --region {call.region}",),
        because=(error.why,) if error is not None else (),
    )
    return AwsError(
        "InvalidParameterException",
        f"The specified KMS key does not exist or is not allowed to be used with Arn '{group.arn}'",
        why=why,
    )
