"""Ids in AWS's formats."""

from __future__ import annotations

import base64
import random
import re

import pytest

from foulweather.world.ids import Ids


def ids(seed: int = 1) -> Ids:
    return Ids(random.Random(seed))


@pytest.mark.parametrize(
    ("draw", "pattern"),
    [
        (lambda one: one.uuid(), r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
        (lambda one: one.hex(8), r"[0-9a-f]{8}"),
        (lambda one: one.hex(17), r"[0-9a-f]{17}"),
        (lambda one: one.digits(20), r"[0-9]{20}"),
        (lambda one: one.drawn("ab", 5), r"[ab]{5}"),
        (lambda one: one.unique("AIDA"), r"AIDA[A-Z2-7]{17}"),
        (lambda one: one.access_key_id(), r"AKIA[A-Z2-7]{16}"),
        (lambda one: one.access_key_id("ASIA"), r"ASIA[A-Z2-7]{16}"),
        (lambda one: one.secret_key(), r"[A-Za-z0-9+/]{40}"),
        (lambda one: one.account(), r"[1-9][0-9]{11}"),
    ],
)
def test_formats(draw: object, pattern: str) -> None:
    source = ids()
    drawn = [draw(source) for _ in range(300)]  # type: ignore[operator]
    assert all(re.fullmatch(pattern, one) for one in drawn)
    assert len(set(drawn)) > (30 if pattern.startswith("[ab]") is False else 10)


def test_a_token_is_that_many_bytes() -> None:
    assert len(base64.b64decode(ids().token(100))) == 100


def test_one_seed_gives_one_sequence() -> None:
    one, same, other = ids(), ids(), ids(2)
    drawn = [one.uuid(), one.secret_key(), one.account()]
    assert drawn == [same.uuid(), same.secret_key(), same.account()]
    assert drawn != [other.uuid(), other.secret_key(), other.account()]
