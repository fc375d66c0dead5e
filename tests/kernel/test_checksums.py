"""Checksums against published check values and each other."""

from __future__ import annotations

import base64
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foulweather.kernel import checksums
from foulweather.kernel.checksums import checksum, combined, encoded
from foulweather.kernel.errors import AwsError

# The CRC catalogue's check values (https://reveng.sourceforge.io/crc-catalogue/all.htm), for "123456789".
CHECKS = {"CRC32": "cbf43926", "CRC32C": "e3069283", "CRC64NVME": "ae8b14860a799888"}


@pytest.mark.parametrize("algorithm", CHECKS)
def test_crcs_give_their_published_check_values(algorithm: str):
    made = checksum(algorithm)
    made.update(b"123456789")
    assert made.digest().hex() == CHECKS[algorithm]


def test_digests_give_their_published_values():
    # FIPS 180 and RFC 1321, for "abc".
    assert base64.b64decode(encoded("SHA1", b"abc")).hex() == "a9993e364706816aba3e25717850c26c9cd0d89d"
    assert base64.b64decode(encoded("SHA256", b"abc")).hex().startswith("ba7816bf8f01cfea414140de5dae2223")
    assert base64.b64decode(encoded("MD5", b"abc")).hex() == "900150983cd24fb0d6963f7d28e17f72"


@given(st.binary(max_size=200))
def test_the_plain_python_crc_agrees_with_zlib(data: bytes):
    assert checksums._sliced_by_8(0xEDB88320, 32)(data, 0) == zlib.crc32(data)


@pytest.mark.parametrize("algorithm", checksums._MAKERS)
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


def test_a_missing_algorithm_is_refused_as_not_implemented(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checksums, "_installed", lambda *_: None)
    with pytest.raises(AwsError) as caught:
        checksum("XXHASH3")
    assert caught.value.status == 501
