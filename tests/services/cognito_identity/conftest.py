from __future__ import annotations

import inspect
from functools import cache
from typing import Any

import pytest

from foulweather.kernel.pipeline import Pipeline
from foulweather.services.cognito_identity import openid
from foulweather.services.cognito_idp import keys
from foulweather.services.cognito_idp.records import SigningKey
from foulweather.wire.codec import operation_codec
from foulweather.world.world import World

_new_key = keys.new_key


@pytest.fixture(autouse=True)
def encodable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever an operation answers can be told on the wire, and nothing of it is left out there."""
    plain = Pipeline.run

    def run(self: Pipeline, call: Any, operation: Any, request: Any) -> Any:
        answer = plain(self, call, operation, request)
        if operation.service.name != "cognito-identity":
            return answer
        return _later(answer, operation) if inspect.isawaitable(answer) else _told(answer, operation)

    monkeypatch.setattr(Pipeline, "run", run)


@pytest.fixture(autouse=True)
def quick_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys take time to be found: all have the same one, by names of its own."""
    monkeypatch.setattr(keys, "new_key", lambda world: SigningKey(world.ids.token(32), _one_key()))
    monkeypatch.setattr(openid, "new_private_key", _one_key)


@cache
def _one_key() -> bytes:
    return _new_key(World(seed=1)).private


async def _later(waiting: Any, operation: Any) -> Any:
    return _told(await waiting, operation)


def _told(answer: Any, operation: Any) -> Any:
    operation_codec("cognito-identity", "json", operation.name).encode(answer or {}, "request")
    known = set(operation.model.output.members) if operation.model.output is not None else set()
    assert set(answer or {}) <= known, f"{operation.name} answers {set(answer) - known}"
    return answer
