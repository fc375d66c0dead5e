"""A canvas of pixels: lines, rectangles, small letters, and the PNG that it becomes."""

from __future__ import annotations

import struct
import zlib

Color = tuple[int, int, int]
WHITE: Color = (255, 255, 255)
GLYPH_WIDTH, GLYPH_HEIGHT = 4, 5
_ROWS = {
    "A": "25755", "B": "65656", "C": "34443", "D": "65556", "E": "74647", "F": "74644", "G": "34553", "H": "55755",
    "I": "72227", "J": "11152", "K": "55655", "L": "44447", "M": "57755", "N": "65555", "O": "25552", "P": "65644",
    "Q": "25563", "R": "65655", "S": "34216", "T": "72222", "U": "55557", "V": "55552", "W": "55775", "X": "55255",
    "Y": "55222", "Z": "71247", "0": "25552", "1": "26227", "2": "61247", "3": "61216", "4": "55711", "5": "74616",
    "6": "34652", "7": "71222", "8": "25252", "9": "25316", ".": "00002", ",": "00024", ":": "02020", "-": "00700",
    "+": "02720", "/": "11244", "%": "51245", "(": "12221", ")": "42224", "=": "07070", "_": "00007", ">": "42124",
    "<": "12421", "*": "05250", "#": "57575", "'": "22000", "!": "22202", "?": "61202",
}  # fmt: skip
"""Letters of three pixels by five: a digit for each row, its bits from left to right."""


class Canvas:
    """Pixels by rows."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._pixels = bytearray(bytes(WHITE) * (width * height))

    def dot(self, x: int, y: int, color: Color) -> None:
        """One pixel; outside there is none."""
        if 0 <= x < self.width and 0 <= y < self.height:
            at = 3 * (y * self.width + x)
            self._pixels[at : at + 3] = bytes(color)

    def rectangle(self, left: int, top: int, right: int, bottom: int, color: Color) -> None:
        """A filled rectangle, its edges included."""
        left, right = max(left, 0), min(right, self.width - 1)
        for y in range(max(top, 0), min(bottom, self.height - 1) + 1):
            if left <= right:
                at = 3 * (y * self.width + left)
                self._pixels[at : at + 3 * (right - left + 1)] = bytes(color) * (right - left + 1)

    def line(self, start: tuple[int, int], end: tuple[int, int], color: Color, *, dash: int = 0) -> None:
        """A straight line; a dashed one is drawn so many pixels on and as many off."""
        (x, y), (last_x, last_y) = start, end
        across, down = abs(last_x - x), -abs(last_y - y)
        step_x, step_y = (1 if x < last_x else -1), (1 if y < last_y else -1)
        error, count = across + down, 0
        while True:
            if not dash or count // dash % 2 == 0:
                self.dot(x, y, color)
            if (x, y) == (last_x, last_y):
                return
            count += 1
            twice = 2 * error
            if twice >= down:
                error += down
                x += step_x
            if twice <= across:
                error += across
                y += step_y

    def text(self, left: int, top: int, text: str, color: Color, scale: int = 1) -> None:
        """Letters; those that there is no picture of are blank."""
        for number, letter in enumerate(text.upper()):
            for row, bits in enumerate(_ROWS.get(letter, "00000")):
                for column in range(3):
                    if int(bits) & (4 >> column):
                        x, y = left + (number * GLYPH_WIDTH + column) * scale, top + row * scale
                        self.rectangle(x, y, x + scale - 1, y + scale - 1, color)

    def png(self) -> bytes:
        """The whole as a PNG of true colours."""
        stride = 3 * self.width
        rows = b"".join(b"\0" + self._pixels[at : at + stride] for at in range(0, len(self._pixels), stride))
        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        return (
            b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")
        )


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def text_width(text: str, scale: int = 1) -> int:
    """How wide letters are."""
    return len(text) * GLYPH_WIDTH * scale
