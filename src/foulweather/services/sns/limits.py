"""SNS's quotas and size limits, and the words of its refusals.

Quotas: https://docs.aws.amazon.com/general/latest/gr/sns.html
"""

from __future__ import annotations

import re
from typing import Any

from foulweather.kernel.errors import AwsError
from foulweather.kernel.service import Rate

STANDARD_TOPICS_MAX = 100_000
FIFO_TOPICS_MAX = 1_000
STANDARD_SUBSCRIPTIONS_MAX = 12_500_000
FIFO_SUBSCRIPTIONS_MAX = 100
PENDING_SUBSCRIPTIONS_MAX = 5_000
FILTER_POLICIES_PER_TOPIC_MAX = 200
FILTER_POLICIES_PER_ACCOUNT_MAX = 10_000
TAGS_MAX = 50
PAGE = 100

# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: 256 KB, 262,144 bytes.
MESSAGE_BYTES_MAX = 262_144
BATCH_ENTRIES_MAX = 10
SMS_CHARACTERS_MAX = 1_600
RAW_ATTRIBUTES_MAX = 10
ATTRIBUTE_NAME_MAX = 256

# https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html
POLICY_BYTES_MAX = 30_720

DEDUPLICATION_MS = 5 * 60_000
TOKEN_MS = 2 * 24 * 3_600_000
PENDING_MS = 3 * 24 * 3_600_000
HTTP_TIMEOUT_S = 15

# The API quotas of the page above; Publish is that of us-east-1, which has the most. A throttled call is
# refused as https://repost.aws/knowledge-center/sns-throttling-exception-errors words it.
_CODE = "ThrottlingException"
RATES: dict[str, Rate] = {
    "Publish": Rate(30_000, 30_000, _CODE),
    "PublishBatch": Rate(30_000, 30_000, _CODE),
    "Subscribe": Rate(100, 100, _CODE),
    "Unsubscribe": Rate(100, 100, _CODE),
    "ListTopics": Rate(30, 30, _CODE),
    "ListSubscriptions": Rate(30, 30, _CODE),
    "ListSubscriptionsByTopic": Rate(30, 30, _CODE),
    "ListEndpointsByPlatformApplication": Rate(30, 30, _CODE),
    "ListPlatformApplications": Rate(15, 15, _CODE),
    "CheckIfPhoneNumberIsOptedOut": Rate(50, 50, _CODE),
    "GetSMSAttributes": Rate(20, 20, _CODE),
    "SetSMSAttributes": Rate(1, 20, _CODE),
    "ListPhoneNumbersOptedOut": Rate(10, 10, _CODE),
    "OptInPhoneNumber": Rate(20, 20, _CODE),
    "ListOriginationNumbers": Rate(1, 1, _CODE),
    "TagResource": Rate(10, 10, _CODE),
    "UntagResource": Rate(10, 10, _CODE),
    "ListTagsForResource": Rate(10, 10, _CODE),
}

_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")
_FIFO_NAME = re.compile(r"[A-Za-z0-9_-]{1,251}\.fifo")
_PRINTABLE = re.compile(r"[a-zA-Z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}")
_BATCH_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
_FIFO_NAME_WORDS = (
    "Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII letters, "
    "numbers, underscores, and hyphens, and must be between 1 and 256 characters long."
)


def invalid_parameter(what: str, **more: Any) -> AwsError:
    """The refusal of a parameter, as SNS words them all."""
    return AwsError("InvalidParameterException", f"Invalid parameter: {what}", **more)


def not_found(what: str, **more: Any) -> AwsError:
    """The refusal of what does not exist."""
    return AwsError("NotFoundException", f"{what} does not exist", 404, **more)


def required(request: Any, name: str) -> Any:
    """A member that must be there and not be empty, as SNS's query front end checks it."""
    value = request.get(name)
    if value is None or value == "":
        raise invalid_parameter(f"{name} Reason: no value for required parameter")
    return value


def checked_topic_name(name: str, is_fifo: bool) -> str:
    """A topic's name; only a FIFO topic's ends with `.fifo`."""
    if is_fifo:
        if not _FIFO_NAME.fullmatch(name):
            raise invalid_parameter(_FIFO_NAME_WORDS)
    elif not _NAME.fullmatch(name):
        raise invalid_parameter("Topic Name")
    return name


def checked_subject(subject: str) -> str:
    """UTF-8 text without line breaks or control characters, at most 100 characters (API_Publish)."""
    if not subject or len(subject) > 100 or any(ord(c) < 32 or ord(c) == 127 for c in subject):
        raise invalid_parameter("Subject")
    return subject


def checked_group(group: str) -> str:
    """A message group id: up to 128 alphanumeric characters and punctuation."""
    if not _PRINTABLE.fullmatch(group):
        raise invalid_parameter(
            "MessageGroupId Reason: The parameter can include alphanumeric characters and punctuation"
            " (!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~), 1 to 128 in length."
        )
    return group


def checked_deduplication(deduplication: str) -> str:
    """A deduplication id: up to 128 alphanumeric characters and punctuation."""
    if not _PRINTABLE.fullmatch(deduplication):
        raise invalid_parameter(
            "MessageDeduplicationId Reason: The parameter can include alphanumeric characters and punctuation"
            " (!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~), 1 to 128 in length."
        )
    return deduplication


def is_batch_id(entry_id: str) -> bool:
    """Whether a batch entry's Id abides by the specification."""
    return _BATCH_ID.fullmatch(entry_id) is not None


def page(items: list[str], token: str | None, size: int = PAGE) -> tuple[list[str], str | None]:
    """A page of sorted keys, and the token of the next: the last key that was given."""
    start = 0
    if token:
        last = _untoken(token)
        start = next((at for at, key in enumerate(items) if key > last), len(items))
    chosen = items[start : start + size]
    return chosen, _token(chosen[-1]) if start + size < len(items) else None


def _token(key: str) -> str:
    return key.encode().hex()


def _untoken(token: str) -> str:
    try:
        return bytes.fromhex(token).decode()
    except (ValueError, UnicodeDecodeError):
        raise invalid_parameter("NextToken Reason: Invalid NextToken") from None
