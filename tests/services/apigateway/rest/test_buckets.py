"""Token buckets: exact on the world's clock."""

from __future__ import annotations

from foulweather.services.apigateway.rest.buckets import Buckets, Limit


def limit(name: str, burst: int, rate: float) -> Limit:
    return Limit((name,), burst, rate, "arn", "throttle", name, "")


def served(limits: list[Limit], requests: int, seconds: int) -> int:
    buckets = Buckets()
    steps = [index * seconds * 1000 // requests for index in range(requests)]
    return sum(buckets.take(limits, at_ms) is None for at_ms in steps)


def test_at_once_as_many_pass_as_the_bucket_holds() -> None:
    buckets = Buckets()
    assert sum(buckets.take([limit("one", 7, 100)], 0) is None for _ in range(50)) == 7
    assert sum(buckets.take([limit("one", 7, 100)], 10) is None for _ in range(50)) == 1


def test_ten_thousand_requests_in_a_second_serve_what_flowed_in_and_no_more() -> None:
    assert served([limit("account", 5000, 10_000)], 10_000, 1) == 10_000
    assert served([limit("plan", 10, 100)], 10_000, 1) == 10 + 99  # the last request comes just before the second ends
    assert served([limit("slow", 1, 0.5)], 10_000, 10) == 1 + 4


def test_what_one_limit_refuses_takes_nothing_from_another() -> None:
    buckets = Buckets()
    narrow, wide = limit("narrow", 1, 1), limit("wide", 3, 0)
    assert buckets.take([narrow, wide], 0) is None
    assert [buckets.take([narrow, wide], 0) for _ in range(5)] == [narrow] * 5
    assert sum(buckets.take([wide], 0) is None for _ in range(5)) == 2


def test_a_bucket_never_holds_more_than_its_burst() -> None:
    buckets = Buckets()
    one = limit("one", 2, 1000)
    assert buckets.take([one], 0) is None
    assert sum(buckets.take([one], 3_600_000) is None for _ in range(10)) == 2
