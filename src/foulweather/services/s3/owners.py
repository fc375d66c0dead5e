"""Canonical user ids: how access control lists and owners name accounts.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/finding-canonical-user-id.html
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

from foulweather.policy.principal import Principal

ANONYMOUS_ID = "65a011a29cdf8ec533ec3d1ccaae921c"
"""Whom an object belongs to that nobody signed for."""
LOG_DELIVERY_ID = "c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0"
"""The account awslogsdelivery, which CloudFront's older access logs come from."""
_ID = re.compile(r"[0-9a-f]{64}")
_ACCOUNT = re.compile(r"\d{12}")
_ACCOUNT_DIGITS = 10


@lru_cache(maxsize=4096)
def canonical_id(account: str) -> str:
    """The canonical user id of an account; of no account, the one of nobody."""
    if not _ACCOUNT.fullmatch(account):
        return ANONYMOUS_ID
    # The account is hidden in its id, so that an id tells whether it is one without a table of all accounts.
    start = hashlib.sha256(f"canonical user {account}".encode()).hexdigest()[: 64 - _ACCOUNT_DIGITS]
    return f"{start}{int(account) ^ _mask(start):0{_ACCOUNT_DIGITS}x}"


def account_of(text: str) -> str:
    """The account of a canonical user id; empty where it is no account's."""
    if not _ID.fullmatch(text):
        return ""
    start, end = text[:-_ACCOUNT_DIGITS], text[-_ACCOUNT_DIGITS:]
    account = f"{int(end, 16) ^ _mask(start):012d}"
    return account if len(account) == 12 and canonical_id(account) == text else ""


def is_known(text: str) -> bool:
    """Whether somebody has this canonical user id."""
    return text in (ANONYMOUS_ID, LOG_DELIVERY_ID) or bool(account_of(text))


def id_of(principal: Principal) -> str:
    """The canonical user id of the account that a caller belongs to."""
    return canonical_id(principal.account)


def _mask(start: str) -> int:
    return int(hashlib.sha256(start.encode()).hexdigest()[:_ACCOUNT_DIGITS], 16)
