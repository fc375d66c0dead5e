from __future__ import annotations

import inspect
from typing import Any

import pytest

from foulweather.kernel.pipeline import Pipeline
from foulweather.wire.codec import operation_codec


@pytest.fixture(autouse=True)
def encodable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever an operation of Lambda's control plane answers can be told on the wire."""
    plain = Pipeline.run

    def run(self: Pipeline, call: Any, operation: Any, request: Any) -> Any:
        answer = plain(self, call, operation, request)
        if operation.service.name != "lambda" or operation.name.startswith("Invoke"):
            return answer
        if inspect.isawaitable(answer):
            return _later(answer, operation.name)
        return _encoded(answer, operation.name)

    monkeypatch.setattr(Pipeline, "run", run)


async def _later(waiting: Any, operation: str) -> Any:
    return _encoded(await waiting, operation)


def _encoded(answer: Any, operation: str) -> Any:
    operation_codec("lambda", "rest-json", operation).encode(answer or {}, "request")
    return answer
