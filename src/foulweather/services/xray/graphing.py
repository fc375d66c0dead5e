"""The graph of services: nodes, the calls between them, and how these went.

https://docs.aws.amazon.com/xray/latest/devguide/xray-api-gettingdata.html#xray-api-servicegraph
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from foulweather.services.xray.reading import Node, Span, Trace


class Statistics:
    """How often something was asked, how it went, and how long it took."""

    def __init__(self) -> None:
        self.took: list[float] = []
        self.start = self.end = 0.0
        self.ok = self.throttles = self.errors = self.faults = 0

    def add(self, span: Span) -> None:
        """Count a segment or a call."""
        self.start = min(self.start or span.start, span.start)
        self.end = max(self.end, span.end)
        self.took.append(span.took)
        if span.is_("throttle"):
            self.throttles += 1
        elif span.is_("fault"):
            self.faults += 1
        elif span.is_("error"):
            self.errors += 1
        else:
            self.ok += 1

    def summary(self) -> dict[str, Any]:
        """As SummaryStatistics."""
        return {
            "OkCount": self.ok,
            "ErrorStatistics": {
                "ThrottleCount": self.throttles,
                "OtherCount": self.errors,
                "TotalCount": self.throttles + self.errors,
            },
            "FaultStatistics": {"OtherCount": self.faults, "TotalCount": self.faults},
            "TotalCount": len(self.took),
            "TotalResponseTime": round(sum(self.took), 3),
        }

    def histogram(self) -> list[dict[str, Any]]:
        """How often it took how long, to the millisecond."""
        counts: dict[float, int] = {}
        for took in self.took:
            counts[round(took, 3)] = counts.get(round(took, 3), 0) + 1
        return [{"Value": value, "Count": count} for value, count in sorted(counts.items())]

    def times(self) -> dict[str, int]:
        """From when to when."""
        return {"StartTime": round(self.start * 1000), "EndTime": round(self.end * 1000)}


class Graph:
    """What several traces show together."""

    def __init__(self, traces: Iterable[Trace]) -> None:
        self.nodes: dict[Node, Statistics] = {}
        self.edges: dict[tuple[Node, Node], Statistics] = {}
        self.roots: set[Node] = set()
        self.senders: set[Node] = set()
        for trace in traces:
            self._add(trace)

    def _add(self, trace: Trace) -> None:
        for span in trace.segments:
            node = span.node
            self.senders.add(node)
            self.nodes.setdefault(node, Statistics()).add(span)
            if span.parent is None:
                client = Node(node.name, "client")
                self.roots.add(node)
                self.nodes.setdefault(client, Statistics()).add(span)
                self.edges.setdefault((client, node), Statistics()).add(span)
            elif not span.parent.is_call and span.parent.owner.node != node:
                self.edges.setdefault((span.parent.owner.node, node), Statistics()).add(span)
        for span, node, answered in trace.calls():
            if answered is None:
                self.nodes.setdefault(node, Statistics()).add(span)
            self.edges.setdefault((span.owner.node, node), Statistics()).add(span)

    def services(self) -> list[dict[str, Any]]:
        """Its nodes with their edges, numbered."""
        numbers = {node: number for number, node in enumerate(self.nodes)}
        return [self._service(node, numbers) for node in self.nodes]

    def _service(self, node: Node, numbers: dict[Node, int]) -> dict[str, Any]:
        held = self.nodes[node]
        edges = [
            {
                "ReferenceId": numbers[target],
                **calls.times(),
                "SummaryStatistics": calls.summary(),
                "ResponseTimeHistogram": calls.histogram(),
                "Aliases": [],
            }
            for (source, target), calls in self.edges.items()
            if source == node
        ]
        made: dict[str, Any] = {"ReferenceId": numbers[node], **node.shown(), **held.times(), "Edges": edges}
        made["State"] = "active" if node in self.senders else "unknown"
        if node in self.roots:
            made["Root"] = True
        if node.type != "client":
            made["SummaryStatistics"] = held.summary()
            made["DurationHistogram"] = made["ResponseTimeHistogram"] = held.histogram()
        return made
