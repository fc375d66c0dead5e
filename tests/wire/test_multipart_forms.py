"""Forms that arrive piece by piece are the forms that arrive whole."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.wire.multipart_forms import begin_form, read_form

KIND = "multipart/form-data; boundary=B"
HEAD = (
    b'--B\r\nContent-Disposition: form-data; name="key"\r\n\r\na/b\r\n'
    b'--B\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
)


async def pieces(body: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


async def arrived(body: bytes, size: int) -> tuple[dict[str, str], str, bytes]:
    head, file = await begin_form(KIND, pieces(body, size))
    form = read_form(KIND, head)
    assert form.file in (b"", None)
    return form.fields, form.filename, b"".join([piece async for piece in file])


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 100_000])
@pytest.mark.parametrize(
    "end", [b"\r\n--B--\r\n", b"\r\n--B--", b'\r\n--B\r\nContent-Disposition: form-data; name="x"']
)
async def test_a_form_in_pieces_is_the_form_as_a_whole(size: int, end: bytes) -> None:
    draw = random.Random(size)
    alphabet = [b"\r", b"\n", b"-", b"B", b"\r\n--", b"x"]  # all that a boundary is made of
    for _ in range(20):
        file = b"".join(draw.choices(alphabet, k=draw.randrange(200)))
        while b"--B" in file:
            file = file.replace(b"--B", b"")
        whole = read_form(KIND, HEAD + file + end)
        assert await arrived(HEAD + file + end, size) == (whole.fields, whole.filename, whole.file)
        assert whole.file == file


async def test_a_file_without_an_end_is_refused_when_it_ends() -> None:
    with pytest.raises(AwsError, match="not well-formed"):
        await arrived(HEAD + bytes(100_000), 1000)


async def test_fields_that_are_too_large_are_refused_before_the_file() -> None:
    long = b'--B\r\nContent-Disposition: form-data; name="key"\r\n\r\n' + b"k" * 100_000

    async def endless() -> AsyncIterator[bytes]:
        yield long
        raise AssertionError("nobody needs more to know")

    with pytest.raises(AwsError, match="preceding the upload file were too large"):
        await begin_form(KIND, endless())
