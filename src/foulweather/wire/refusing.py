"""Refusals as they go on the wire: in whose words, and what goes out in place of an answer that there is not."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable
from typing import Any

from foulweather.kernel.call import Call
from foulweather.kernel.connections import ConnectionBroken
from foulweather.kernel.errors import AwsError
from foulweather.kernel.http import HttpResponse
from foulweather.wire.app import NoAnswer
from foulweather.wire.codec import ErrorCodec, error_codec
from foulweather.wire.route import Route

STAND_INS = {"json": "organizations", "rest-json": "lambda", "smithy-rpc-v2-cbor": "compute-optimizer"}


def errors_of(found: Route) -> ErrorCodec:
    """Who words a refusal; where it is for no service that is known, some service of the same protocol."""
    if found.service:
        return error_codec(found.service, found.protocol)
    stand_in = STAND_INS.get(found.protocol)
    return error_codec("sts", "query") if stand_in is None else error_codec(stand_in, found.protocol)


def refusal(errors: ErrorCodec, error: AwsError, call: Call) -> HttpResponse:
    """A refusal as it goes on the wire; of a broken connection nothing does."""
    if isinstance(error, ConnectionBroken):
        return NoAnswer(is_reset=error.is_reset)
    response = errors.encode(error, call.request_id)
    if call.further_headers:
        response.headers.extend(call.further_headers)
    return response


async def no_answer(held: Awaitable[Any]) -> HttpResponse:
    """The end of a connection that is held open and leads nowhere."""
    with contextlib.suppress(ConnectionBroken):
        await held
    return NoAnswer(is_reset=False)
