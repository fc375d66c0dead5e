"""What X-Ray keeps in an account and Region."""

from __future__ import annotations

import msgspec

from foulweather.policy.evaluate import Held
from foulweather.services.xray import limits
from foulweather.world.store import State, table


class Segment(msgspec.Struct, gc=False):
    """A document as it was sent; a subsegment that was sent by itself is one, too."""

    trace_id: str
    id: str
    received_ms: int
    document: str

    @property
    def key(self) -> str:
        """Where it is kept."""
        return f"{self.trace_id}/{self.id}"


class Group(msgspec.Struct, omit_defaults=True):
    """Traces that a filter expression selects."""

    name: str
    arn: str
    expression: str = ""
    insights: bool = False
    notifies: bool = False
    tags: dict[str, str] = {}


class ResourcePolicy(msgspec.Struct):
    """A policy that lets services and accounts send traces here."""

    name: str
    document: str
    revision: int
    updated_ms: int


class Settings(msgspec.Struct, omit_defaults=True):
    """What is set once for all traces; a key is in use some minutes after it was set."""

    encryption: str = "NONE"
    key_id: str = ""
    since_ms: int = 0


class XrayState(State):
    """Traces, groups and settings."""

    segments = table(Segment)
    groups = table(Group)
    policies = table(ResourcePolicy)
    settings = table(Settings)

    def opened(self) -> None:
        """Find each trace's documents again."""
        self.traces: dict[str, dict[str, Segment]] = {}
        self.sizes: dict[str, int] = {}
        self.held: tuple[tuple[tuple[str, int], ...], Held] | None = None
        """The resource policies as one, of these revisions."""
        for segment in sorted(self.segments.values(), key=lambda each: each.received_ms):
            self._index(segment)

    def keep(self, segment: Segment) -> None:
        """Keep a document, in place of one with its id; what is thirty days old goes, and the oldest of too many."""
        self._index(segment)
        self.segments.put(segment.key, segment)
        while self.traces:
            oldest = next(iter(self.traces))
            first = next(iter(self.traces[oldest].values()))
            is_old = segment.received_ms - first.received_ms >= limits.RETENTION_MS
            if oldest == segment.trace_id or not (is_old or len(self.segments) > limits.SEGMENTS_MAX):
                return
            for each in self.traces.pop(oldest).values():
                self.segments.delete(each.key)
            del self.sizes[oldest]

    def _index(self, segment: Segment) -> None:
        held = self.traces.setdefault(segment.trace_id, {})
        size = self.sizes.get(segment.trace_id, 0) + len(segment.document)
        if segment.id in held:
            size -= len(held[segment.id].document)
        self.sizes[segment.trace_id] = size
        held[segment.id] = segment
