"""What Step Functions keeps: state machines and their revisions, executions and where they stand, activities, Map Runs.

Payloads are kept as the JSON text that clients see.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Kind = Literal["STANDARD", "EXPRESS"]
Waits = Literal["", "time", "retry", "throttle", "call", "token", "activity", "job", "branches", "map run", "done"]


class Revision(msgspec.Struct, omit_defaults=True):
    """A state machine as it was at one time: what an execution runs, whatever becomes of the machine."""

    id: str
    definition: str
    role: str
    created_ms: int
    logging: dict[str, Any] = {}
    tracing: bool = False
    encryption: dict[str, Any] = {}
    data_key: bytes = b""


class Version(msgspec.Struct, omit_defaults=True):
    """A published revision."""

    number: int
    revision: str
    created_ms: int
    description: str = ""


class Route(msgspec.Struct):
    """The share of an alias's executions that a version gets."""

    version: int
    weight: int


class Alias(msgspec.Struct, omit_defaults=True):
    """A name for one or two versions."""

    name: str
    routes: list[Route]
    created_ms: int
    updated_ms: int
    description: str = ""


class StateMachine(msgspec.Struct, omit_defaults=True):
    """A state machine; `revision` is its latest, which until the first update has no id that is shown."""

    name: str
    arn: str
    kind: Kind
    revision: str
    created_ms: int
    updated_ms: int = 0
    next_version: int = 1
    versions: dict[str, Version] = {}
    aliases: dict[str, Alias] = {}
    tags: dict[str, str] = {}
    is_deleting: bool = False
    is_revised: bool = False


class Execution(msgspec.Struct, omit_defaults=True):
    """One execution. `flow` is the Map whose iterations it carries out (its place), where a Map Run started it.

    `trace` is the header that it hands on; if it is sampled (`is_traced`) the execution's own segment is its parent,
    and `trace_parent` the parent of that.
    """

    arn: str
    name: str
    machine: str
    revision: str
    kind: Kind
    started_ms: int
    input: str = "{}"
    status: str = "RUNNING"
    stopped_ms: int = 0
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    version: str = ""
    alias: str = ""
    trace_header: str = ""
    events: int = 0
    branches: int = 0
    due: int = 0
    is_synchronous: bool = False
    parent: str = ""
    parent_branch: int = 0
    parent_turn: int = 0
    map_run: str = ""
    map_index: int = 0
    items: int = 0
    flow: tuple[str, ...] = ()
    redrives: int = 0
    redriven_ms: int = 0
    redrive_token: str = ""
    transitions: int = 0
    seq: int = 0
    trace: str = ""
    trace_parent: str = ""
    is_traced: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it still runs."""
        return self.status in ("RUNNING", "PENDING_REDRIVE")


class Branch(msgspec.Struct, omit_defaults=True):
    """One flow of control: an execution's own, a Parallel's branch, or a Map's iteration; and where it stands.

    `place` leads to its flow within the definition. `turn` tells what it waits for now from what it waited for before.
    """

    id: int
    execution: str
    place: tuple[str, ...]
    parent: int = -1
    index: int = 0
    state: str = ""
    input: str = ""
    variables: str = ""
    item: str = ""
    item_key: str = ""
    entered_ms: int = 0
    entered_event: int = 0
    last_event: int = 0
    retried: list[int] = []
    waits: Waits = ""
    turn: int = 0
    due: int = 0
    timeout_at: int = 0
    heartbeat_at: int = 0
    heartbeat_s: int = 0
    nonce: str = ""
    resource: str = ""
    payload: str = ""
    scheduled_ms: int = 0
    begun_ms: int = 0
    output: str = ""
    total: int = 0
    started: int = 0
    open: int = 0
    at_once: int = 0
    items: str = ""
    map_run: str = ""

    @property
    def key(self) -> str:
        """Where it is kept."""
        return f"{self.execution}#{self.id}"


class Activity(msgspec.Struct, omit_defaults=True):
    """Work that is done elsewhere, by whoever polls for it."""

    name: str
    arn: str
    created_ms: int
    tags: dict[str, str] = {}
    encryption: dict[str, Any] = {}
    data_key: bytes = b""


class MapRun(msgspec.Struct, omit_defaults=True):
    """The child executions of a distributed Map, and how far they are."""

    arn: str
    execution: str
    machine: str
    branch: int
    turn: int
    label: str
    started_ms: int
    total: int
    kind: Kind
    place: tuple[str, ...]
    status: str = "RUNNING"
    stopped_ms: int = 0
    at_once: int = 0
    tolerated_count: int = 0
    tolerated_percentage: float = 0.0
    has_count: bool = False
    has_percentage: bool = False
    batches: int = 0
    started: int = 0
    running: int = 0
    counts: dict[str, int] = {}
    item_counts: dict[str, int] = {}
    written: int = 0
    redrives: int = 0
    redriven_ms: int = 0
    redriving: list[int] = []
    lost: int = 0
    writer: str = ""
    due: int = 0


class MapItem(msgspec.Struct, omit_defaults=True):
    """What one child execution of a Map Run gets, and what came of it."""

    input: str
    items: int = 1
    execution: str = ""
    status: str = ""
    output: str | None = None
    error: str | None = None
    cause: str | None = None
