"""Checksums against published check values and each other."""

from __future__ import annotations

import base64
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foulweather.kernel import checksums
from foulweather.kernel.checksums import checksum, combined, encoded

# The CRC catalogue's check values (https://reveng.sourceforge.io/crc-catalogue/all.htm), for "123456789".
CHECKS = {"CRC32": "cbf43926", "CRC32C": "e3069283", "CRC64NVME": "ae8b14860a799888"}
# xxHash's own values for no bytes at all, with seed 0 (xxHash's documentation, and its specification for XXH64).
EMPTY = {
    "XXHASH64": "ef46db3751d8e999",
    "XXHASH3": "2d06800538d394c2",
    "XXHASH128": "99aa06d3014798d86001c324468d497f",
}


@pytest.mark.parametrize("algorithm", CHECKS)
def test_crcs_give_their_published_check_values(algorithm: str):
    made = checksum(algorithm)
    made.update(b"123456789")
    assert made.digest().hex() == CHECKS[algorithm]


@pytest.mark.parametrize("algorithm", EMPTY)
def test_xxhashes_give_their_published_values(algorithm: str):
    made = checksum(algorithm)
    assert made.digest().hex() == EMPTY[algorithm]
    assert made.digest().hex() == EMPTY[algorithm], "a digest can be asked for twice"


def test_digests_give_their_published_values():
    # FIPS 180 and RFC 1321, for "abc".
    assert base64.b64decode(encoded("SHA1", b"abc")).hex() == "a9993e364706816aba3e25717850c26c9cd0d89d"
    assert base64.b64decode(encoded("SHA256", b"abc")).hex().startswith("ba7816bf8f01cfea414140de5dae2223")
    assert base64.b64decode(encoded("SHA512", b"abc")).hex().startswith("ddaf35a193617abacc417349ae204131")
    assert base64.b64decode(encoded("MD5", b"abc")).hex() == "900150983cd24fb0d6963f7d28e17f72"


def _bitwise(data: bytes, polynomial: int, bits: int) -> int:
    """A reflected CRC by its definition, a bit at a time."""
    value = mask = (1 << bits) - 1
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (polynomial if value & 1 else 0)
    return value ^ mask


@pytest.mark.parametrize(
    ("algorithm", "polynomial", "bits"),
    [("CRC32", 0xEDB88320, 32), ("CRC32C", 0x82F63B78, 32), ("CRC64NVME", 0x9A6C9329AC4BC9B5, 64)],
)
@given(data=st.binary(max_size=60))
def test_crcs_are_what_their_polynomials_say(algorithm: str, polynomial: int, bits: int, data: bytes):
    found = base64.b64decode(encoded(algorithm, data))
    assert found == _bitwise(data, polynomial, bits).to_bytes(bits // 8, "big")


@pytest.mark.parametrize("algorithm", checksums.ALGORITHMS)
@given(pieces=st.lists(st.binary(max_size=50), max_size=5))
def test_pieces_give_what_the_whole_gives(algorithm: str, pieces: list[bytes]):
    made = checksum(algorithm)
    for piece in pieces:
        made.update(piece)
    assert base64.b64encode(made.digest()).decode() == encoded(algorithm, b"".join(pieces))
    assert len(made.digest()) == checksums.LENGTHS_BYTES[algorithm]


@pytest.mark.parametrize("algorithm", CHECKS)
@given(first=st.binary(max_size=60), second=st.binary(max_size=60))
def test_two_crcs_combine_to_that_of_both_pieces(algorithm: str, first: bytes, second: bytes):
    parts = [base64.b64decode(encoded(algorithm, piece)) for piece in (first, second)]
    assert combined(algorithm, parts[0], parts[1], len(second)) == base64.b64decode(encoded(algorithm, first + second))


def test_the_compiled_checksums_load_at_first_use_only():
    told = subprocess.run(
        [sys.executable, "-c", "import sys, foulweather.kernel.checksums; print('awscrt' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert told.stdout.strip() == "False"
