"""Queue URLs, and what else names a queue."""

from __future__ import annotations

from functools import lru_cache

from foulweather.kernel.call import Call
from foulweather.services.sqs.records import Queue


@lru_cache(maxsize=4096)
def addressed(url: str) -> tuple[str, str]:
    """The account and the name in a queue URL; any host will do, and a bare name has no account."""
    head, _, name = url.rstrip("/").rpartition("/")
    account = head.rpartition("/")[2]
    return (account, name) if len(account) == 12 and account.isdigit() else ("", name)


def url_of(call: Call, queue: Queue) -> str:
    """A queue's URL at the address by which this client reached the service."""
    origin = call.origin
    if not origin.host:
        return f"https://sqs.{queue.region}.amazonaws.com/{queue.account}/{queue.name}"
    return f"{'https' if origin.is_secure else 'http'}://{origin.host}/{queue.account}/{queue.name}"


def parsed_arn(arn: str) -> tuple[str, str, str] | None:
    """Region, account and name in a queue's ARN, or None if it is not one."""
    parts = arn.split(":")
    if len(parts) != 6 or parts[0] != "arn" or parts[2] != "sqs" or not all(parts[3:]):
        return None
    return parts[3], parts[4], parts[5]
