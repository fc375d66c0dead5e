"""S3 Select: a query over one object, answered as a stream of events.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_SelectObjectContent.html
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.s3 import bodies, encryption, schema, select_input, select_language, select_output
from foulweather.services.s3.reading import read_version
from foulweather.services.s3.records import Bucket, Version
from foulweather.services.s3.select_engine import RECORDS_AT_ONCE, Engine
from foulweather.services.s3.select_input import Source, Unpacking
from foulweather.services.s3.select_output import Write
from foulweather.services.s3.select_refusals import refused
from foulweather.services.s3.storage_classes import check_readable
from foulweather.services.s3.storing import requested

if TYPE_CHECKING:
    from aws_types.s3 import SelectObjectContentOutput, SelectObjectContentRequest

RECORDS_EVENT_BYTES: Final = 128 << 10
PROGRESS_BYTES: Final = 1 << 20

Event = tuple[str, Mapping[str, Any]]


def select_object_content(call: Call, request: SelectObjectContentRequest) -> SelectObjectContentOutput:
    """Run a query over an object; what goes wrong on the way ends the stream."""
    bucket, version = read_version(call, request, "POST", encryption.check_readable)
    if request.get("ExpressionType") != "SQL":
        raise refused("InvalidExpressionType", "ExpressionType", request.get("ExpressionType"))
    schema.check(call, request, enums=False)
    check_readable(call, version)
    write = select_output.writer(request["OutputSerialization"])
    query = select_language.parsed(request["Expression"])
    source = select_input.source_of(request["InputSerialization"], query.source, request.get("ScanRange"), version.size)
    engine = Engine(query, [source.reader.getter(path) for path in query.paths], call.now)
    has_progress = bool((request.get("RequestProgress") or {}).get("Enabled"))
    running = _Running(call, bucket, version, source, engine, write, has_progress=has_progress)
    return {"Payload": running.events()}  # type: ignore[typeddict-item]


class _Running:
    """One query on its way through an object."""

    def __init__(
        self,
        call: Call,
        bucket: Bucket,
        version: Version,
        source: Source,
        engine: Engine,
        write: Write,
        *,
        has_progress: bool,
    ) -> None:
        self._call = call
        self._bucket = bucket
        self._version = version
        self._reader = source.reader
        self._unpacking = Unpacking(source.compression)
        self._engine = engine
        self._write = write
        self._has_progress = has_progress
        self._scanned = self._processed = self._returned = self._told = 0
        self._pending: list[Any] = []
        self._output: list[bytes] = []
        self._output_bytes = 0
        # Opened now: an object that is deleted meanwhile is read to its end.
        self._body = bodies.read(call.world.files, version, source.read_from)

    async def events(self) -> AsyncIterator[Event]:
        """The records, how far the query is, and its end."""
        try:
            async for event in self._records():
                yield event
        except AwsError as error:
            self._call.explain("SelectObjectContent", self._version.arn, error.why, error.code)
            raise
        finally:
            self._engine.close()
        yield "Stats", {"Details": self._details()}
        yield "End", {}
        requested(self._call, "select", self._bucket, self._version.key, self._scanned, self._returned, 200)

    async def _records(self) -> AsyncIterator[Event]:
        async for data in _pieces(self._body):
            self._scanned += len(data)
            for piece in self._unpacking.feed(data):
                self._processed += len(piece)
                for record in self._reader.feed(piece):
                    self._pending.append(record)
                    if len(self._pending) >= RECORDS_AT_ONCE:
                        self._evaluate()
                        await asyncio.sleep(0)  # others have their turn
                        if self._output_bytes >= RECORDS_EVENT_BYTES:
                            yield self._flushed()
                        if self._engine.is_done:
                            break
                if self._engine.is_done:
                    break
            if self._has_progress and self._processed - self._told >= PROGRESS_BYTES:
                self._told = self._processed
                yield "Progress", {"Details": self._details()}
            if self._engine.is_done:
                break
        else:
            self._unpacking.finish()
            for record in self._reader.finish():
                self._pending.append(record)
                if len(self._pending) >= RECORDS_AT_ONCE:
                    self._evaluate()
                    await asyncio.sleep(0)
                    if self._output_bytes >= RECORDS_EVENT_BYTES:
                        yield self._flushed()
        self._evaluate()
        for row in self._engine.finish():
            self._add(self._write(row))
        if self._output:
            yield self._flushed()
        if self._has_progress:
            yield "Progress", {"Details": self._details()}

    def _evaluate(self) -> None:
        """Run the query over the records that wait."""
        pending, self._pending = self._pending, []
        if not pending or self._engine.is_done:
            return
        is_all = self._engine.is_all
        for found in self._engine.run(pending):
            self._add(self._write(self._reader.row(found) if is_all else found))

    def _add(self, data: bytes) -> None:
        self._output.append(data)
        self._output_bytes += len(data)

    def _flushed(self) -> Event:
        payload = b"".join(self._output)
        self._returned += len(payload)
        self._output, self._output_bytes = [], 0
        return "Records", {"Payload": payload}

    def _details(self) -> dict[str, int]:
        return {
            "BytesScanned": self._scanned,
            "BytesProcessed": self._processed,
            "BytesReturned": self._returned,
        }


async def _pieces(body: bytes | AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """A body in pieces that are small enough to be worked on at once."""
    if isinstance(body, bytes):
        for place in range(0, len(body), select_input.PIECE_BYTES):
            yield body[place : place + select_input.PIECE_BYTES]
        return
    async for piece in body:
        for place in range(0, len(piece), select_input.PIECE_BYTES):
            yield piece[place : place + select_input.PIECE_BYTES]
