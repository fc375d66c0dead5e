"""How a query runs: its groups' events as records, handed to the language's engine."""

from __future__ import annotations

import csv
import io
import re
from binascii import Error, a2b_base64, b2a_base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError, not_implemented
from foulweather.kernel.service import Permission, Resource
from foulweather.kernel.why import Fact
from foulweather.services.logs import index_fields, keys, naming, refusals
from foulweather.services.logs.chunks import Chunk
from foulweather.services.logs.insights import language
from foulweather.services.logs.insights.errors import MalformedQuery, NotBuilt
from foulweather.services.logs.insights.records import Record, Sources
from foulweather.services.logs.refusals import invalid
from foulweather.services.logs.scanning import TIME_SHIFT, Scan, id_of, masked, shown
from foulweather.services.logs.state import INFREQUENT, LogGroup, LogsState, Query

# AWS tells no speed: a query takes a moment, and longer the more it looks through.
_BASE_MS: Final = 500
_BYTES_PER_MS: Final = 1 << 20
_STANDARD_ONLY: Final = re.compile(r"(?:^|\|)\s*(pattern|diff|filterIndex)\b|\b(unmask)\s*\(")
# "Default field indexes are automatically available for the following fields": API_PutIndexPolicy.
_INDEXED_EVERYWHERE: Final = frozenset({"@logStream", "@aws.region", "@aws.account", "@source.log", "traceId"})


def compiled(text: str) -> language.Query:
    """A query ready to run; the refusal of one that is not well formed."""
    try:
        return language.compiled(text)
    except MalformedQuery as error:
        location = {"startCharOffset": error.start, "endCharOffset": error.end}
        raise AwsError(
            "MalformedQueryException",
            error.message,
            facts=(Fact("request", "queryString", text), Fact("request", "startCharOffset", error.start)),
            members={"queryCompileError": {"location": location, "message": error.message}},
        ) from error
    except NotBuilt as error:
        raise not_implemented("logs", f"StartQuery.queryString: {error.feature}") from error


def selected(call: Call, sources: Sources) -> list[LogGroup]:
    """The groups of this account that a SOURCE command selects."""
    state = call.state(LogsState)
    if sources.accounts and call.account not in sources.accounts:
        return []
    named = {identifier.rpartition(":log-group:")[2] for identifier in sources.log_groups}
    classes = {each.upper().replace(" ", "_") for each in sources.classes}
    groups = [
        group
        for group in state.groups.values()
        if (group.name in named or (sources.every_group and group.name.startswith(sources.name_prefixes or ("",))))
        and (not classes or group.log_class in classes)
    ]
    if not groups and not sources.every_group:
        raise invalid("SOURCE selects no log groups.", Fact("request", "SOURCE", str(sources)))
    return sorted(groups, key=lambda group: group.name)


def selecting(call: Call, text: str, *, is_within: bool = False) -> list[LogGroup]:
    """The groups that a query's text selects itself, or that its joins and subqueries do; none if it is malformed."""
    try:
        query = language.compiled(text)
        sources = query.inner_sources if is_within else (query.sources,)
        return [group for each in sources if each is not None for group in selected(call, each)]
    except (MalformedQuery, NotBuilt, AwsError):
        return []  # its refusal is the operation's


def unmasking(group: LogGroup) -> Permission:
    """What shows what is masked in a group's events."""
    return Permission("logs:Unmask", Resource(f"{group.arn}:log-stream:", group.account, tags=group.tags), {})


def check_classes(call: Call, text: str, groups: Iterable[LogGroup]) -> None:
    """Refuse commands that the Infrequent Access class does not support.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData_Classes.html
    """
    command = _STANDARD_ONLY.search(text)
    rare = next((group for group in groups if group.log_class == INFREQUENT), None)
    if command is not None and rare is not None:
        word = command[1] or command[2]
        raise invalid(
            f"The command {word} is only supported on the Standard log class.",
            Fact("request", "queryString", text),
            call.fact(rare.arn, "logGroupClass", rare.log_class),
        )


def duration_ms(state: LogsState, groups: Sequence[LogGroup], start_ms: int, end_ms: int) -> int:
    """How long a query takes on the world's clock."""
    looked_through = sum(
        piece.stored_bytes
        for group in groups
        for stream in state.streams_of[group.name].values()
        for piece in state.storage(stream).pieces
        if piece.last_ms >= start_ms and piece.first_ms <= end_ms
    )
    return _BASE_MS + looked_through // _BYTES_PER_MS


def run(call: Call, query: Query) -> None:
    """Run a query that is due, and keep its answer."""
    state = call.state(LogsState)
    groups = [group for group in (state.groups.get(name) for name in query.groups) if group is not None]
    try:
        ready = compiled(query.text)
        # "filterIndex … scans only log groups that are indexed on the field".
        wanted = set(ready.indexed_fields) - _INDEXED_EVERYWHERE
        groups = [group for group in groups if wanted <= set(index_fields.indexed(state, group))]
        for group in groups:
            keys.check_usable(call, state, group)
        outcome = ready.run(
            records(call, groups, query.start_ms, query.end_ms),
            query.start_ms,
            query.end_ms,
            query.limit or None,
            now_ms=call.now,
            reach=_Reach(call, query),
        )
    except NotBuilt as error:
        call.explain("Query", query.id, not_implemented("logs", f"StartQuery.queryString: {error.feature}").why)
        query.status = "Failed"
    except AwsError as error:
        call.explain("Query", query.id, error.why, error.code)
        query.status = "Failed"
    else:
        query.rows, query.status = outcome.rows, "Complete"
        told = outcome.statistics
        query.matched, query.scanned, query.bytes = told.records_matched, told.records_scanned, told.bytes_scanned
    query.ended_ms = call.now
    queried = groups[0].arn if len(groups) == 1 else call.arn("logs", "log-group:")
    call.happened("logs.QueryEnded", queried, query=query.id, status=query.status, bytes=query.bytes)
    state.queries.touch(query.id)


def records(call: Call, groups: Iterable[LogGroup], start_ms: int, end_ms: int) -> Iterator[Record]:
    """The events of groups in a range of time as queries see them: without what is sensitive."""
    state = call.state(LogsState)
    for group in groups:
        streams = state.streams_of[group.name].values()
        names = {stream.number: stream.name for stream in streams}
        kept_ms = call.now - group.retention_ms if group.retention_ms else 0
        storages = {stream.number: state.storage(stream) for stream in streams}
        scan = Scan(storages, max(start_ms, kept_ms, 0) << TIME_SHIFT, (end_ms + 1) << TIME_SHIFT)
        for number, chunk, start, end in scan.chunks():
            yield from _of_chunk(group, names[number], number, chunk, start, end)


def _of_chunk(group: LogGroup, name: str, number: int, chunk: Chunk, start: int, end: int) -> Iterator[Record]:
    """The events of a chunk, from one place in it to another."""
    log_group, account, extras = group.name, group.account, chunk.extras
    is_plain, masks, region = extras.is_empty, extras.masks, group.region
    times, ingested, seqs, ends = chunk.times, chunk.ingested, chunk.seqs, chunk.ends
    whole = chunk.text.decode() if chunk.text.isascii() else ""
    at = ends[start - 1] if start else 0
    for index in range(start, end):
        until, time_ms, seq = ends[index], times[index], seqs[index]
        message = whole[at:until] if whole else chunk.message(index)
        at = until
        pointed_to = (pointer, group, time_ms, ingested[index], (number, seq))
        if is_plain:
            yield Record(log_group, name, account, time_ms, ingested[index], message, pointed_to, region=region)
            continue
        spans, entity = masks.get(seq), chunk.entity(seq)
        shown_text = message if spans is None else masked(message, spans)
        unmasked = None if spans is None else message
        yield Record(
            *(log_group, name, account, time_ms, ingested[index], shown_text, pointed_to, entity, unmasked),
            *(extras.transformed.get(seq), extras.untransformed.get(seq), region),
        )


def pointer(group: LogGroup, time_ms: int, ingested_ms: int, place: tuple[int, int]) -> str:
    """The @ptr of an event."""
    event_id = id_of(time_ms, ingested_ms, *place)
    return b2a_base64(f"{group.account} {group.name} {shown(event_id)}".encode(), newline=False).decode()


def pointed(call: Call, text: str) -> tuple[LogGroup, int]:
    """The group and the id that a @ptr tells."""
    try:
        account, name, event_id = a2b_base64(text, strict_mode=True).decode().split(" ")
        number = int(event_id)
    except (Error, ValueError):
        raise invalid("Invalid log record pointer.", Fact("request", "logRecordPointer", text)) from None
    if account != call.account:
        raise invalid("Invalid log record pointer.", Fact("request", "logRecordPointer", text))
    return naming.require_group(call, name), number


class _Reach:
    """What a query gets at outside its own records."""

    def __init__(self, call: Call, query: Query) -> None:
        self._call = call
        self._query = query

    def records(self, sources: Sources) -> Iterable[Record]:
        """The events of a subquery's groups."""
        start_ms, end_ms = self._query.start_ms, self._query.end_ms
        if sources.start_offset_ms is not None:
            start_ms = self._call.now + sources.start_offset_ms
        if sources.end_offset_ms is not None:
            end_ms = self._call.now + sources.end_offset_ms
        return records(self._call, selected(self._call, sources), start_ms, end_ms)

    def lookup_table(self, name: str) -> Iterable[Mapping[str, str]]:
        """The rows of a lookup table."""
        table = self._call.state(LogsState).lookup_tables.get(name)
        if table is None:
            raise refusals.not_found("lookup table", name)
        return csv.DictReader(io.StringIO(table.body))


RECENT_MS: Final = 15 * 60_000
AROUND_MS: Final = 8 * 60_000
