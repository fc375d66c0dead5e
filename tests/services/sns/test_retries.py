"""The phases of retries, by https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html."""

from __future__ import annotations

import itertools

import pytest

from foulweather.services.sns.retries import AWS_MANAGED, CUSTOMER_MANAGED, RetryPolicy, backoff_ms


def delays_s(policy: RetryPolicy) -> list[float]:
    return [policy.delay_ms(retry) / 1000 for retry in range(policy.retries)]


def test_the_default_is_three_retries_twenty_seconds_apart() -> None:
    assert delays_s(RetryPolicy()) == [20, 20, 20]
    assert RetryPolicy().delay_ms(3) is None


def test_aws_managed_endpoints_are_retried_for_twenty_three_days() -> None:
    assert AWS_MANAGED.retries == 100_015
    first = [AWS_MANAGED.delay_ms(retry) for retry in range(15)]
    assert first[:6] == [0, 0, 0, 1_000, 1_000, 1_000]
    assert first[14] == 20_000
    assert first[5:] == sorted(first[5:])
    assert AWS_MANAGED.delay_ms(100_014) == 20_000
    assert AWS_MANAGED.delay_ms(100_015) is None
    days = (sum(first) + 100_000 * 20_000) / 86_400_000
    assert int(days) == 23


def test_customer_managed_endpoints_are_retried_fifty_times_over_six_hours() -> None:
    delays = delays_s(CUSTOMER_MANAGED)
    assert len(delays) == 50
    assert delays[:3] == [10, 10, 10]
    assert delays[11] == 600
    assert set(delays[12:]) == {600}
    assert sum(delays) > 6 * 3600


def test_the_example_of_aws() -> None:
    # 3 at once, 2 a second apart, 10 from 1 to 60 seconds, 35 every 60 seconds.
    policy = RetryPolicy(50, 3, 2, 35, 1, 60, "exponential")
    delays = delays_s(policy)
    assert delays[:5] == [0, 0, 0, 1, 1]
    assert policy.backoff_retries == 10
    assert (delays[5], delays[14]) == (1, 60)
    assert delays[15:] == [60] * 35


@pytest.mark.parametrize("function", ["linear", "arithmetic", "geometric", "exponential"])
def test_every_function_grows_from_the_least_to_the_greatest_delay(function) -> None:
    delays = [backoff_ms(function, step, 10, 5_000, 260_000) for step in range(10)]
    assert (delays[0], delays[-1]) == (5_000, 260_000)
    assert all(earlier < later for earlier, later in itertools.pairwise(delays))


def test_the_functions_order_as_in_the_graph_of_aws() -> None:
    for step in range(1, 9):
        delays = [backoff_ms(f, step, 10, 5_000, 260_000) for f in ("exponential", "geometric", "arithmetic", "linear")]
        assert delays[0] < delays[2] < delays[3]
        assert delays[1] < delays[3]


def test_linear_steps_are_equal() -> None:
    assert [backoff_ms("linear", step, 4, 1_000, 4_000) for step in range(4)] == [1_000, 2_000, 3_000, 4_000]


def test_a_single_step_has_the_least_delay() -> None:
    assert backoff_ms("exponential", 0, 1, 7_000, 9_000) == 7_000
