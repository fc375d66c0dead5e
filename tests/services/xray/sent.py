"""Segments that a test sends, and what comes back of them."""

from __future__ import annotations

import json
from typing import Any

from harness import Aws


class Traces:
    """One account's traces in X-Ray."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def trace_id(self, number: int = 1, age_s: int = 0) -> str:
        return f"1-{self.aws.now // 1000 - age_s:08x}-{number:024x}"

    def segment(self, name: str = "shop", number: int = 1, trace: int = 1, **more: Any) -> dict[str, Any]:
        start = self.aws.now / 1000
        made = {"id": f"{number:016x}", "trace_id": self.trace_id(trace), "name": name, "start_time": start}
        return {**made, "end_time": start + 0.25, **more}

    def put(self, *documents: dict[str, Any] | str) -> list[dict[str, str]]:
        texts = [each if isinstance(each, str) else json.dumps(each) for each in documents]
        return self.aws.xray.put_trace_segments({"TraceSegmentDocuments": texts})["UnprocessedTraceSegments"]

    def summaries(self, expression: str = "", **more: Any) -> list[dict[str, Any]]:
        now = self.aws.now
        asked: dict[str, Any] = {"StartTime": now - 3_600_000, "EndTime": now + 60_000, **more}
        if expression:
            asked["FilterExpression"] = expression
        return self.aws.xray.get_trace_summaries(asked)["TraceSummaries"]

    def graph(self) -> list[dict[str, Any]]:
        now = self.aws.now
        return self.aws.xray.get_service_graph({"StartTime": now - 3_600_000, "EndTime": now + 60_000})["Services"]


def call(name: str, number: int, **more: Any) -> dict[str, Any]:
    """A subsegment."""
    return {"id": f"{number:016x}", "name": name, "start_time": 1_767_225_600.1, "end_time": 1_767_225_600.2, **more}
