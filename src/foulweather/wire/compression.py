"""Answers in a coding that the client accepts, as DynamoDB gives them: gzip or deflate, from 4 KB on.

The corner cases are those that ScyllaDB's test/alternator, which runs on DynamoDB too, found there.
"""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import Final

from foulweather.kernel.http import HttpRequest, HttpResponse

COMPRESSED_BYTES_MIN: Final = 4096
LEVEL: Final = 6
WINDOW_BITS: Final = {"gzip": 31, "deflate": 15}


def compress(request: HttpRequest, response: HttpResponse) -> None:
    """Put a large answer into the coding that the client likes best."""
    if len(response.body) < COMPRESSED_BYTES_MIN or "accept-encoding" not in request.by_name():
        return
    # Of several headers only the first counts.
    accepted = next(value for name, value in request.headers if name.lower() == "accept-encoding")
    coding = coding_of(accepted)
    if coding:
        packer = zlib.compressobj(LEVEL, wbits=WINDOW_BITS[coding])
        response.body = packer.compress(response.body) + packer.flush()
        response.headers.append(("Content-Encoding", coding))


@lru_cache(maxsize=256)
def coding_of(accepted: str) -> str:
    """The coding that an Accept-Encoding header likes best, of those that there are; empty for none of them.

    `identity` does not count. Of equal weights the first named wins, a `*` naming what is not named otherwise.
    """
    weights: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, _, parameters = part.partition(";")
        name = name.strip()
        if name in WINDOW_BITS or name == "*":
            weights[name] = max(weights.get(name, 0.0), _weight(parameters))
    if "*" in weights:
        star = weights.pop("*")
        for name in WINDOW_BITS:
            weights.setdefault(name, star)
    best = max(weights, key=lambda name: weights[name], default="")
    return best if best and weights[best] > 0 else ""


def _weight(parameters: str) -> float:
    """What follows the first `q=`, wherever it is: 1 where there is none, or no number."""
    _, found, rest = parameters.partition("q=")
    if not found:
        return 1.0
    try:
        return min(1.0, max(0.0, float(rest.partition(";")[0])))
    except ValueError:
        return 1.0
