"""Clients that wait twice as long after each 429, with jitter: all are served, with few requests more than needed."""

from __future__ import annotations

import random

from catalog.gateways import Api, mock, rest_api, set_stage
from foulweather.testing import Aws

CLIENTS, RATE, BURST = 30, 5, 5
BASE_MS, MOST_MS, ATTEMPTS_MAX = 1_000, 16_000, 8


def served(api: Api, *, is_patient: bool) -> tuple[int, int]:
    """Thirty clients at once: how many are served within a minute, and by how many requests."""
    draws = random.Random(7)
    waiting = dict.fromkeys(range(CLIENTS), 0)  # when each asks next
    attempts = dict.fromkeys(range(CLIENTS), 0)
    done = requests = now_ms = 0
    while waiting and now_ms <= 60_000:
        for client in [client for client, at_ms in waiting.items() if at_ms <= now_ms]:
            requests += 1
            attempts[client] += 1
            if api.ask("GET", "/orders").status == 200:
                done += 1
                del waiting[client]
            elif attempts[client] == ATTEMPTS_MAX:
                del waiting[client]
            else:
                most_ms = min(BASE_MS << attempts[client], MOST_MS)
                waiting[client] = now_ms + (draws.randrange(most_ms) if is_patient else 50)
        api.aws.advance("50ms")
        now_ms += 50
    return done, requests


def throttled(aws: Aws) -> Api:
    """An API that lets five a second through."""
    api = rest_api(aws, {"/orders": {"get": mock()}})
    set_stage(api, throttling_rateLimit=RATE, throttling_burstLimit=BURST)
    return api


def test_with_backoff_and_jitter_all_are_served_by_few_requests_and_at_once_most_are_not(aws: Aws) -> None:
    api = throttled(aws)
    done, requests = served(api, is_patient=True)
    assert done == CLIENTS
    assert requests < CLIENTS * 4

    aws.advance("10s")
    done, requests = served(api, is_patient=False)
    assert done < CLIENTS // 2
    assert requests > CLIENTS * 5
