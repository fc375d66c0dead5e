"""QR codes (ISO/IEC 18004) as PNG: bytes in versions 1 to 10 at the lowest level of error correction."""

from __future__ import annotations

import struct
import zlib

# Level L by version: error correction codewords in each block, and the data codewords of each block.
_BLOCKS: tuple[tuple[int, tuple[int, ...]], ...] = (
    (7, (19,)),
    (10, (34,)),
    (15, (55,)),
    (20, (80,)),
    (26, (108,)),
    (18, (68, 68)),
    (20, (78, 78)),
    (24, (97, 97)),
    (30, (116, 116)),
    (18, (68, 68, 69, 69)),
)
_ALIGNMENT: tuple[tuple[int, ...], ...] = (
    (),
    (6, 18),
    (6, 22),
    (6, 26),
    (6, 30),
    (6, 34),
    (6, 22, 38),
    (6, 24, 42),
    (6, 26, 46),
    (6, 28, 50),
)
_LEVEL_L = 1
_QUIET = 4

Modules = list[list[bool]]


def png(text: str, *, scale: int = 5) -> bytes:
    """A text as a QR code in a PNG, with its quiet zone; `scale` pixels to a module."""
    modules = matrix(text)
    size = len(modules) + 2 * _QUIET
    blank = [False] * size
    rows = [blank] * _QUIET + [[False] * _QUIET + row + [False] * _QUIET for row in modules] + [blank] * _QUIET
    lines = bytearray()
    for row in rows:
        line = b"\0" + bytes(0 if dark else 255 for dark in row for _ in range(scale))
        lines += line * scale
    side = size * scale
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(bytes(lines), 9))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def matrix(text: str) -> Modules:
    """The dark modules of a text's QR code, row by row."""
    data = text.encode()
    version = _version_for(len(data))
    bits = _interleaved(_codewords(data, version), version)
    best: Modules = []
    lowest = -1
    for mask in range(8):
        symbol = _Symbol(version)
        symbol.draw_data(bits, mask)
        symbol.draw_format(mask)
        penalty = _penalty(symbol.dark)
        if lowest < 0 or penalty < lowest:
            lowest, best = penalty, symbol.dark
    return best


def _version_for(length: int) -> int:
    for version, (_, blocks) in enumerate(_BLOCKS, 1):
        if length + (2 if version < 10 else 3) <= sum(blocks):
            return version
    raise ValueError(f"{length} bytes are too many for a QR code of version 10")


def _codewords(data: bytes, version: int) -> bytes:
    """Mode and length, the data, and padding."""
    capacity = sum(_BLOCKS[version - 1][1])
    count_bits = 8 if version < 10 else 16
    bits = f"0100{len(data):0{count_bits}b}" + "".join(f"{byte:08b}" for byte in data)
    bits += "0" * min(4, capacity * 8 - len(bits))
    bits += "0" * (-len(bits) % 8)
    words = bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))
    return words + (b"\xec\x11" * capacity)[: capacity - len(words)]


def _interleaved(data: bytes, version: int) -> list[bool]:
    """The bits as they are placed: data codewords of all blocks in turn, then their error correction."""
    ecc_length, lengths = _BLOCKS[version - 1]
    generator = _generator(ecc_length)
    blocks: list[bytes] = []
    at = 0
    for length in lengths:
        blocks.append(data[at : at + length])
        at += length
    corrections = [_remainder(block, generator) for block in blocks]
    words = [block[i] for i in range(max(lengths)) for block in blocks if i < len(block)]
    words += [correction[i] for i in range(ecc_length) for correction in corrections]
    return [bool(word >> bit & 1) for word in words for bit in range(7, -1, -1)]


# --- Reed-Solomon codes over GF(256) with the polynomial 0x11D


def _times(a: int, b: int) -> int:
    product = 0
    for bit in range(7, -1, -1):
        product = (product << 1) ^ (0x11D if product & 0x80 else 0)
        product ^= a if b >> bit & 1 else 0
    return product


def _generator(degree: int) -> list[int]:
    """The coefficients below the leading one of the product of (x - 2^i)."""
    coefficients = [0] * (degree - 1) + [1]
    root = 1
    for _ in range(degree):
        for i in range(degree):
            following = coefficients[i + 1] if i + 1 < degree else 0
            coefficients[i] = _times(coefficients[i], root) ^ following
        root = _times(root, 2)
    return coefficients


def _remainder(data: bytes, generator: list[int]) -> list[int]:
    remainder = [0] * len(generator)
    for byte in data:
        factor = byte ^ remainder.pop(0)
        remainder.append(0)
        for i, coefficient in enumerate(generator):
            remainder[i] ^= _times(coefficient, factor)
    return remainder


class _Symbol:
    """A symbol under construction: its dark modules, and which are not for data."""

    def __init__(self, version: int) -> None:
        self.version = version
        self.size = 17 + 4 * version
        self.dark: Modules = [[False] * self.size for _ in range(self.size)]
        self.fixed: Modules = [[False] * self.size for _ in range(self.size)]
        for i in range(self.size):
            self.fix(6, i, i % 2 == 0)
            self.fix(i, 6, i % 2 == 0)
        last = self.size - 1
        for row, column in ((3, 3), (3, last - 3), (last - 3, 3)):
            self.draw_finder(row, column)
        self.draw_alignment()
        self.draw_format(0)
        self.draw_version()

    def fix(self, row: int, column: int, dark: bool) -> None:
        self.dark[row][column] = dark
        self.fixed[row][column] = True

    def draw_finder(self, row: int, column: int) -> None:
        for down in range(-4, 5):
            for right in range(-4, 5):
                if 0 <= row + down < self.size and 0 <= column + right < self.size:
                    self.fix(row + down, column + right, max(abs(down), abs(right)) not in (2, 4))

    def draw_alignment(self) -> None:
        centers = _ALIGNMENT[self.version - 1]
        for row in centers:
            for column in centers:
                corner = (row, column) in ((6, 6), (6, centers[-1]), (centers[-1], 6))
                for down in range(-2, 3) if not corner else ():
                    for right in range(-2, 3):
                        self.fix(row + down, column + right, max(abs(down), abs(right)) != 1)

    def draw_format(self, mask: int) -> None:
        bits = format_bits(mask)
        for i in range(15):
            dark = bool(bits >> i & 1)
            first = (i, 8) if i < 6 else (i + 1, 8) if i < 8 else (8, 7) if i == 8 else (8, 14 - i)
            second = (8, self.size - 1 - i) if i < 8 else (self.size - 15 + i, 8)
            self.fix(*first, dark)
            self.fix(*second, dark)
        self.fix(self.size - 8, 8, True)

    def draw_version(self) -> None:
        if self.version < 7:
            return
        bits = version_bits(self.version)
        for i in range(18):
            dark = bool(bits >> i & 1)
            self.fix(i // 3, self.size - 11 + i % 3, dark)
            self.fix(self.size - 11 + i % 3, i // 3, dark)

    def draw_data(self, bits: list[bool], mask: int) -> None:
        """Fill what is free, two columns at a time from the right, up and down, under a mask."""
        stream = iter(bits)
        for right in range(self.size - 1, 0, -2):
            column = right if right > 6 else right - 1
            upwards = (column + 1) & 2 == 0
            for i in range(self.size):
                row = self.size - 1 - i if upwards else i
                for x in (column, column - 1):
                    if not self.fixed[row][x]:
                        self.dark[row][x] = next(stream, False) is not masked(mask, row, x)


def format_bits(mask: int) -> int:
    """The fifteen bits that tell the level and the mask."""
    data = _LEVEL_L << 3 | mask
    remainder = data
    for _ in range(10):
        remainder = (remainder << 1) ^ (0x537 if remainder >> 9 else 0)
    return (data << 10 | remainder) ^ 0x5412


def version_bits(version: int) -> int:
    """The eighteen bits that tell the version, from version 7 on."""
    remainder = version
    for _ in range(12):
        remainder = (remainder << 1) ^ (0x1F25 if remainder >> 11 else 0)
    return version << 12 | remainder


def masked(mask: int, row: int, column: int) -> bool:
    """Whether a mask inverts a module."""
    match mask:
        case 0:
            return (row + column) % 2 == 0
        case 1:
            return row % 2 == 0
        case 2:
            return column % 3 == 0
        case 3:
            return (row + column) % 3 == 0
        case 4:
            return (row // 2 + column // 3) % 2 == 0
        case 5:
            return row * column % 2 + row * column % 3 == 0
        case 6:
            return (row * column % 2 + row * column % 3) % 2 == 0
        case _:
            return ((row + column) % 2 + row * column % 3) % 2 == 0


def _penalty(dark: Modules) -> int:
    """How hard a symbol is to read, as the standard scores it; the lowest is taken."""
    size = len(dark)
    total = 0
    for line in [*dark, *([row[x] for row in dark] for x in range(size))]:
        text = "".join("1" if each else "0" for each in line)
        total += sum(len(run) - 2 for run in text.replace("01", "0 1").replace("10", "1 0").split() if len(run) >= 5)
        total += 40 * sum(text.startswith(("10111010000", "00001011101"), at) for at in range(size - 10))
    for row in range(size - 1):
        for x in range(size - 1):
            if dark[row][x] == dark[row][x + 1] == dark[row + 1][x] == dark[row + 1][x + 1]:
                total += 3
    share = sum(map(sum, dark)) * 20
    return total + 10 * (abs(share - size * size * 10) // (size * size))
