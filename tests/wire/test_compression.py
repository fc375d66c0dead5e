from __future__ import annotations

import gzip
import zlib

import pytest

from foulweather.kernel.http import HttpRequest, HttpResponse
from foulweather.wire.compression import COMPRESSED_BYTES_MIN, coding_of, compress


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("", ""),
        ("identity", ""),
        ("br", ""),
        ("x-gzip", ""),
        ("gzip, deflate", "gzip"),
        ("br, identity, deflate, gzip", "deflate"),
        ("GZIP, identity", "gzip"),
        ("br, gzip;q=0, deflate; q = 0.5 , identity;q=0", "deflate"),
        ("*", "gzip"),
        ("*, deflate", "deflate"),
        ("*, gzip;q=0.5", "deflate"),
        ("*;q=0", ""),
        ("gzip ;q=0", ""),
        ("gzip;q=31,deflate;q=51", "gzip"),
        ("deflate;q=0.5, gzip;q=0.2", "deflate"),
        ("deflate;q=0.5,gzip;q=0.x", "gzip"),
        ("deflate;q=-0.5,gzip;q=0.2", "gzip"),
        ("gzip;q =0;q=1", "gzip"),
        ("gzip;nq=0;q=1", ""),
        ("gzip;q=0, gzip;q=1, gzip;q=0", "gzip"),
    ],
)
def test_the_coding_that_a_client_likes_best(accepted: str, coding: str) -> None:
    assert coding_of(accepted) == coding


def answered(size: int, *accepted: str) -> HttpResponse:
    response = HttpResponse(200, [("Content-Type", "application/json")], b"x" * size)
    compress(HttpRequest("POST", "/", "", [("Accept-Encoding", each) for each in accepted]), response)
    return response


def test_large_answers_are_compressed_and_others_are_not() -> None:
    for coding, unpack in (("gzip", gzip.decompress), ("deflate", zlib.decompress)):
        response = answered(COMPRESSED_BYTES_MIN, coding)
        assert dict(response.headers)["Content-Encoding"] == coding
        assert unpack(response.body) == b"x" * COMPRESSED_BYTES_MIN
    for response in (answered(COMPRESSED_BYTES_MIN - 1, "gzip"), answered(9_000), answered(9_000, "identity", "gzip")):
        assert "Content-Encoding" not in dict(response.headers)
        assert set(response.body) == {ord("x")}
