"""The tree of reasons that travels with every refusal, drop, delay and failure."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Decision = Literal["denied", "refused", "throttled", "dropped", "delayed", "failed", "faulted"]


class Setter(msgspec.Struct, frozen=True):
    """Who last set a fact: the journal's event behind it."""

    who: str
    at_ms: int
    operation: str
    request_id: str


class Fact(msgspec.Struct, frozen=True):
    """One property of one resource that took part in a decision; `value` is JSON."""

    resource: str
    property: str
    value: Any
    set_by: Setter | None = None


class Why(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was decided, by which facts, and which AWS CLI commands would change it.

    `because` leads towards the first cause: a node without children is one.
    """

    decision: Decision
    cause: str
    facts: tuple[Fact, ...] = ()
    remedy: tuple[str, ...] = ()
    because: tuple[Why, ...] = ()

    def first_cause(self) -> Why:
        """The deepest reason on the leftmost path."""
        return self.because[0].first_cause() if self.because else self
