"""A parsed state machine: frozen records whose fields are data, or closures that are compiled once and called often.

Nothing in here depends on the query language: JSONPath's InputPath, Parameters, ResultSelector, ResultPath and
OutputPath and JSONata's Arguments and Output stand behind the same closures. Each may raise `errors.StatesError`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

QueryLanguage = Literal["JSONPath", "JSONata"]
ProcessorMode = Literal["INLINE", "DISTRIBUTED"]
WorkflowType = Literal["STANDARD", "EXPRESS"]
Jitter = Literal["NONE", "FULL"]


class Scope(msgspec.Struct):
    """What an expression can see beside its document: the Context object, the variables, the clock, and chance.

    `context` is `$$` and `$states.context`; `variables` are all that are visible, the outer scopes' included.
    `random` gives a number in [0, 1), `uuid` a version 4 UUID: both are the world's.
    """

    context: Mapping[str, Any]
    variables: Mapping[str, Any]
    random: Callable[[], float]
    uuid: Callable[[], str]
    now_ms: int


class Finished(msgspec.Struct):
    """How a state is left: its output, and the variables that its Assign sets (checked by `variables.assigned`)."""

    output: Any
    assigned: dict[str, Any] | None = None


class Decided(msgspec.Struct):
    """Where a Choice goes, and what it hands on."""

    next: str
    output: Any
    assigned: dict[str, Any] | None = None


class Pause(msgspec.Struct):
    """How long a Wait waits: one of a delay and a moment (milliseconds since the epoch)."""

    delay_ms: int | None = None
    at_ms: int | None = None


class Failure(msgspec.Struct):
    """What a Fail state ends its execution with."""

    error: str | None
    cause: str | None


Query = Callable[[Any, Scope], Any]  # (the state's input as it came, scope) -> a value
Finish = Callable[[Any, Any, Scope], Finished]  # (the state's input as it came, result or error output, scope)
Number = Callable[[Any, Scope], int | None]  # None: the definition says nothing
Ratio = Callable[[Any, Scope], float | None]


class Retrier(msgspec.Struct, frozen=True):
    """One entry of Retry, with AWS's defaults filled in; `retrying.delay_ms` says how long it waits."""

    error_equals: tuple[str, ...]
    interval_s: int = 1
    attempts_max: int = 3
    backoff_rate: float = 2.0
    delay_max_s: int | None = None
    jitter: Jitter = "NONE"


class Catcher(msgspec.Struct, frozen=True):
    """One entry of Catch: where it goes, and what output `{"Error": …, "Cause": …}` becomes there."""

    error_equals: tuple[str, ...]
    next: str
    finish: Finish


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What every state has. `next` is None where the flow ends (End, Succeed, Fail) and for a Choice."""

    name: str
    type: str
    query_language: QueryLanguage
    comment: str | None = None
    next: str | None = None


class Pass(State, frozen=True, kw_only=True):
    """Hands its input on, as it is where it `is_plain`; `result` gives what ResultPath or Output then works on."""

    result: Query
    finish: Finish
    is_plain: bool = False


class Task(State, frozen=True, kw_only=True):
    """One unit of work: `arguments` is what `resource` is called with."""

    resource: str
    arguments: Query
    finish: Finish
    credentials: Query | None
    timeout_s: Number
    heartbeat_s: Number
    retry: tuple[Retrier, ...] = ()
    catch: tuple[Catcher, ...] = ()


class Choice(State, frozen=True, kw_only=True):
    """Branches; `decide` raises States.NoChoiceMatched where nothing matches and there is no Default."""

    decide: Callable[[Any, Scope], Decided]
    targets: tuple[str, ...]
    has_default: bool = False  # then the last target is Default's


class Wait(State, frozen=True, kw_only=True):
    """Delays; afterwards `finish(input, effective input, scope)` as a Pass does: see `arguments`."""

    pause: Callable[[Any, Scope], Pause]
    arguments: Query
    finish: Finish


class Succeed(State, frozen=True, kw_only=True):
    """Ends its flow well: `finish(input, arguments(input, scope), scope)` is the output."""

    arguments: Query
    finish: Finish


class Fail(State, frozen=True, kw_only=True):
    """Ends its flow badly."""

    failure: Callable[[Any, Scope], Failure]


class Flow(msgspec.Struct, frozen=True):
    """States and where they start: a machine, a branch of a Parallel, or the processor of a Map."""

    start_at: str
    states: dict[str, AnyState]


class Parallel(State, frozen=True, kw_only=True):
    """Runs its branches at once, each with `arguments` as input; its result is the list of their outputs."""

    branches: tuple[Flow, ...]
    arguments: Query
    finish: Finish
    retry: tuple[Retrier, ...] = ()
    catch: tuple[Catcher, ...] = ()


class ItemReader(msgspec.Struct, frozen=True):
    """Where a distributed Map reads its items: `arguments` are the parameters of the resource's call."""

    resource: str
    arguments: Query
    input_type: str | None  # CSV, JSON, JSONL, MANIFEST, PARQUET; None for ListObjectsV2
    csv_header_location: str | None = None  # FIRST_ROW, GIVEN
    csv_headers: tuple[str, ...] = ()
    csv_delimiter: str | None = None  # COMMA, PIPE, SEMICOLON, SPACE, TAB
    manifest_type: str | None = None  # ATHENA_DATA, S3_INVENTORY
    transformation: str | None = None  # NONE, LOAD_AND_FLATTEN
    items_pointer: str | None = None  # a JSONPointer into a JSON file
    items_max: Number | None = None


class ItemBatcher(msgspec.Struct, frozen=True):
    """How a distributed Map batches: each batch's input is `{"BatchInput": …, "Items": […]}`."""

    items_max: Number
    bytes_max: Number
    batch_input: Query | None


class ResultWriter(msgspec.Struct, frozen=True):
    """Where a distributed Map writes its results, and in which form."""

    resource: str | None
    arguments: Query | None
    transformation: str | None = None  # NONE, COMPACT, FLATTEN
    output_type: str | None = None  # JSON, JSONL


class Map(State, frozen=True, kw_only=True):
    """Runs its processor for each item.

    `items(input, scope)` gives a list or a dict and is not asked where there is an `item_reader`. One iteration's input
    is `item_input(input, scope of the item)`, with a scope that `context.with_item` made; None: it is the item itself.
    """

    processor: Flow
    mode: ProcessorMode
    execution_type: WorkflowType | None
    label: str | None
    items: Query
    item_input: Query | None
    concurrency_max: Number
    tolerated_count: Number
    tolerated_percentage: Ratio
    item_reader: ItemReader | None
    item_batcher: ItemBatcher | None
    result_writer: ResultWriter | None
    finish: Finish
    retry: tuple[Retrier, ...] = ()
    catch: tuple[Catcher, ...] = ()


AnyState = Pass | Task | Choice | Wait | Succeed | Fail | Parallel | Map


class Machine(msgspec.Struct, frozen=True):
    """A whole state machine."""

    flow: Flow
    query_language: QueryLanguage
    timeout_s: int | None
    comment: str | None
    version: str


class Diagnostic(msgspec.Struct, frozen=True):
    """One finding about a definition, as ValidateStateMachineDefinition words it."""

    severity: Literal["ERROR", "WARNING"]
    code: str
    message: str
    location: str | None = None
