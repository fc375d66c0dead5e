"""How often and when SNS tries again: the delivery policies of its protocols, and those that people set.

https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
"""

from __future__ import annotations

from typing import NamedTuple

SECOND_MS = 1_000


class RetryPolicy(NamedTuple):
    """Retries in four phases: at once, at the least delay, with a growing delay, at the greatest delay.

    AWS adds jitter to these delays; here they are exact, so that a held clock can be advanced to them.
    """

    retries: int = 3
    no_delay: int = 0
    min_delay: int = 0
    max_delay: int = 0
    min_delay_s: int = 20
    max_delay_s: int = 20
    backoff: str = "linear"

    @property
    def backoff_retries(self) -> int:
        """How many retries are left for the phase with the growing delay."""
        return max(0, self.retries - self.no_delay - self.min_delay - self.max_delay)

    def delay_ms(self, retry: int) -> int | None:
        """The delay before a retry (the first is number 0), or None when there are no more."""
        if retry >= self.retries:
            return None
        if retry < self.no_delay:
            return 0
        retry -= self.no_delay
        if retry < self.min_delay:
            return self.min_delay_s * SECOND_MS
        retry -= self.min_delay
        growing = self.backoff_retries
        if retry < growing:
            return backoff_ms(self.backoff, retry, growing, self.min_delay_s * SECOND_MS, self.max_delay_s * SECOND_MS)
        return self.max_delay_s * SECOND_MS


def backoff_ms(function: str, step: int, steps: int, least_ms: int, most_ms: int) -> int:
    """The delay of a step of the backoff phase: the first has the least, the last the greatest.

    AWS names the functions and draws them (exponential grows latest, then geometric, then arithmetic,
    then linear) without formulas: linear has equal steps, arithmetic steps that grow evenly, geometric
    a constant ratio, exponential steps that double.
    """
    if steps <= 1 or most_ms <= least_ms:
        return least_ms
    span, last = most_ms - least_ms, steps - 1
    if function == "arithmetic":
        return least_ms + span * step * (step + 1) // (last * (last + 1))
    if function == "geometric":
        return round(least_ms * (most_ms / least_ms) ** (step / last))
    if function == "exponential":
        return least_ms + span * (2**step - 1) // (2**last - 1)
    return least_ms + span * step // last


DEFAULT_HTTP = RetryPolicy()
AWS_MANAGED = RetryPolicy(100_015, 3, 2, 100_000, 1, 20, "exponential")
CUSTOMER_MANAGED = RetryPolicy(50, 0, 2, 38, 10, 600, "exponential")

BY_PROTOCOL = {
    "sqs": AWS_MANAGED,
    "lambda": AWS_MANAGED,
    "firehose": AWS_MANAGED,
    "http": DEFAULT_HTTP,
    "https": DEFAULT_HTTP,
    "email": CUSTOMER_MANAGED,
    "email-json": CUSTOMER_MANAGED,
    "sms": CUSTOMER_MANAGED,
    "application": CUSTOMER_MANAGED,
}
