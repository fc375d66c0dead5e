"""A reader of QR codes, of the version's own: what the encoder draws must say what was written."""

from __future__ import annotations

import struct
import zlib

import pytest

from foulweather.services.iam import qr

BLOCKS = {
    1: (7, [19]),
    5: (26, [108]),
    6: (18, [68, 68]),
    7: (20, [78, 78]),
    9: (30, [116] * 2),
    10: (18, [68, 68, 69, 69]),
}


def test_format_and_version_bits_are_the_standards() -> None:
    # ISO/IEC 18004, table C.1 (level L, masks 0 to 7) and table D.1 (version 7).
    assert [qr.format_bits(mask) for mask in range(8)] == [
        *(0x77C4, 0x72F3, 0x7DAA, 0x789D, 0x662F, 0x6318, 0x6C41, 0x6976),
    ]
    assert qr.version_bits(7) == 0x07C94


def pixels(png: bytes, scale: int) -> list[list[bool]]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at, data, side = 8, b"", 0
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        body = png[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", png, at + 8 + length)[0] == zlib.crc32(kind + body)
        if kind == b"IHDR":
            side = struct.unpack(">II", body[:8])[0]
        elif kind == b"IDAT":
            data += body
        at += 12 + length
    raw = zlib.decompress(data)
    rows = [raw[y * (side + 1) + 1 : (y + 1) * (side + 1)] for y in range(0, side, scale)]
    return [[row[x] == 0 for x in range(0, side, scale)] for row in rows]


def field_power(exponent: int) -> int:
    value = 1
    for _ in range(exponent):
        value = (value << 1) ^ (0x11D if value & 0x80 else 0)
    return value


def field_times(a: int, b: int) -> int:
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a = (a << 1) ^ (0x11D if a & 0x80 else 0)
        b >>= 1
    return product


def read(png: bytes, scale: int = 5) -> str:
    image = pixels(png, scale)
    modules = [row[4:-4] for row in image[4:-4]]
    size = len(modules)
    version = (size - 17) // 4
    bits = sum(modules[i if i < 6 else i + 1][8] << i for i in range(8))
    mask = next(mask for mask in range(8) if qr.format_bits(mask) & 0xFF == bits)
    free = qr._Symbol(version).fixed
    stream: list[bool] = []
    column, upwards = size - 1, True
    while column > 0:
        column -= column == 6
        for row in range(size - 1, -1, -1) if upwards else range(size):
            stream += [modules[row][x] ^ qr.masked(mask, row, x) for x in (column, column - 1) if not free[row][x]]
        column, upwards = column - 2, not upwards
    words = [sum(stream[at + bit] << (7 - bit) for bit in range(8)) for at in range(0, len(stream) - 7, 8)]
    ecc, lengths = BLOCKS[version]
    blocks: list[list[int]] = [[] for _ in lengths]
    position = 0
    for i in range(max(lengths)):
        for block, length in zip(blocks, lengths, strict=True):
            if i < length:
                block.append(words[position])
                position += 1
    data = [word for block in blocks for word in block]
    for _ in range(ecc):
        for block in blocks:
            block.append(words[position])
            position += 1
    for block in blocks:
        for root in range(ecc):
            syndrome = 0
            for word in block:
                syndrome = field_times(syndrome, field_power(root)) ^ word
            assert syndrome == 0, "error correction is wrong"
    text = "".join(f"{word:08b}" for word in data)
    assert text.startswith("0100")
    counted = 8 if version < 10 else 16
    length = int(text[4 : 4 + counted], 2)
    start = 4 + counted
    return bytes(int(text[start + 8 * i : start + 8 * i + 8], 2) for i in range(length)).decode()


@pytest.mark.parametrize("length", [5, 100, 130, 150, 200, 260])
def test_what_is_drawn_can_be_read(length: int) -> None:
    text = ("otpauth://totp/x?secret=" + "ABCDEFGH234567" * 20)[:length]
    assert read(qr.png(text)) == text


def test_too_much_is_refused() -> None:
    with pytest.raises(ValueError, match="too many"):
        qr.png("x" * 400)
