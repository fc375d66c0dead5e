"""What encrypting and decrypting a kilobyte costs, gates included, and that it does not grow with keys and grants."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from foulweather.services.kms.quotas import Buckets
from foulweather.services.kms.state import Grant, KmsState
from harness import ACCOUNT, REGION, Aws, new_aws
from services.kms.kms_calls import decrypt, encrypt, make_key

ROUNDS = 500


def cost_us(aws: Aws, work: Callable[[], object]) -> float:
    """CPU microseconds of one piece of work: the best of several tries."""
    best = float("inf")
    for _ in range(8):
        Buckets.of(aws.world).fills.clear()
        start = time.process_time_ns()
        for _ in range(ROUNDS):
            work()
        best = min(best, (time.process_time_ns() - start) / ROUNDS / 1000)
    return best


@pytest.mark.slow
def test_a_key_among_many_with_many_grants_is_as_fast_as_one_alone() -> None:
    aws = new_aws()
    key = make_key(aws)
    blob = encrypt(aws, key, b"x" * 1024)

    def both() -> None:
        encrypt(aws, key, b"x" * 1024)
        decrypt(aws, blob)

    alone = cost_us(aws, both)
    state = aws.world.state(KmsState, ACCOUNT, REGION)
    for number in range(10_000):
        grantee = f"arn:aws:iam::{ACCOUNT}:user/u{number}"
        state.add_grant(Grant(f"{number:064x}", key, grantee, ["Decrypt"], aws.now, ""))
    aws.world.store.commit()
    # Generous for a busy machine; a scan of the grants would cost a hundred times as much.
    assert cost_us(aws, both) < 2 * alone + 20
