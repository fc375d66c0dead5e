"""Time lines as a picture: panels one above the other on one axis of time, as SVG."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple
from xml.sax.saxutils import escape

from foulweather.drilling.load.ledger import Ledger
from foulweather.drilling.load.records import Records
from foulweather.drilling.load.watch import Level

# Okabe and Ito's colours, which people tell apart whatever their eyes see; the dashes are for grey printers.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ("", "7 3", "2 3", "9 3 2 3", "5 5", "1 4")
_LEFT, _RIGHT, _TOP, _BOTTOM, _GAP, _HEAD = 76, 20, 46, 40, 18, 26
_TIME_STEPS_MS = tuple(
    seconds * 1000
    for seconds in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)
)
_STYLE = (
    "text{font-family:system-ui,Helvetica,Arial,sans-serif;font-size:12px;fill:#333}"
    ".title{font-size:16px;font-weight:600;fill:#111}.name{font-size:13px;font-weight:600;fill:#111}"
    ".grid{stroke:#e4e4e4}.axis{stroke:#888}.mark{stroke:#111;stroke-dasharray:3 3}"
    ".line{fill:none;stroke-width:1.8;stroke-linejoin:round}"
)


class Series(NamedTuple):
    """One line: values at times of the world; None where there was nothing to measure."""

    name: str
    points: Sequence[tuple[int, int | None]]


class Panel(NamedTuple):
    """Lines that share a unit."""

    name: str
    unit: str
    lines: Sequence[Series]


class Mark(NamedTuple):
    """Something that happened: a deploy, a fault."""

    at_ms: int
    text: str


def of_records(records: Records, step_ms: int, name: str = "Calls") -> list[Panel]:
    """An application's rate and errors, and its latency."""
    moments = records.timeline(step_ms)
    if not moments:
        return []
    step_ms = records.step_ms(step_ms)
    well = Series("answered", [(one.at_ms, (one.calls - one.errors) * 60_000 // step_ms) for one in moments])
    wrong = Series("errors", [(one.at_ms, one.errors * 60_000 // step_ms) for one in moments])
    latency = [
        Series(f"p{percent}", [(one.at_ms, one.latency.percentile(percent) if one.calls else None) for one in moments])
        for percent in (50, 95, 99)
    ]
    return [Panel(name, "per minute", [well, wrong]), Panel(f"{name}: latency", "ms", latency)]


def of_ledger(ledger: Ledger, step_ms: int, *, now_ms: int, deadline_ms: int, since_ms: int = 0) -> list[Panel]:
    """What became of what was asked, by when it was asked, and how long it took to take effect."""
    steps = ledger.timeline(step_ms, now_ms=now_ms, deadline_ms=deadline_ms, since_ms=since_ms)
    if not steps:
        return []
    outcomes = [
        Series("served", [(at_ms, one.served) for at_ms, one in steps]),
        Series("lost or late", [(at_ms, one.lost) for at_ms, one in steps]),
        Series("duplicated", [(at_ms, one.duplicated) for at_ms, one in steps]),
        Series("out of order", [(at_ms, one.out_of_order) for at_ms, one in steps]),
    ]
    latency = [
        Series(
            f"p{percent}",
            [(at_ms, one.latency.percentile(percent) if one.latency.count else None) for at_ms, one in steps],
        )
        for percent in (50, 95, 99)
    ]
    return [
        Panel("Business events", f"per {step_ms // 1000} s", outcomes),
        Panel("From asked to effect", "ms", latency),
    ]


def of_levels(levels: Sequence[Level]) -> list[Panel]:
    """A queue's backlog and the age of its oldest message."""
    return [
        Panel(
            "Backlog",
            "messages",
            [
                Series("visible", [(one.at_ms, one.visible) for one in levels]),
                Series("in flight", [(one.at_ms, one.in_flight) for one in levels]),
            ],
        ),
        Panel("Oldest message", "s", [Series("age", [(one.at_ms, one.oldest_ms // 1000) for one in levels])]),
    ]


def svg(
    title: str, panels: Sequence[Panel], *, marks: Sequence[Mark] = (), width: int = 960, panel_height: int = 150
) -> str:
    """The picture; the axis of time shows the world's clock in UTC."""
    times = [at_ms for panel in panels for line in panel.lines for at_ms, _ in line.points]
    if not times:
        raise ValueError("there is nothing to draw: no panel has a point")
    plot = _Plot(min(times), max(max(times), min(times) + 1), width)
    height = _TOP + len(panels) * (_HEAD + panel_height + _GAP) - _GAP + _BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img"><title>{escape(title)}</title><style>{_STYLE}</style>',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text class="title" x="{_LEFT}" y="26">{escape(title)}</text>',
    ]
    top = _TOP
    for panel in panels:
        top += _HEAD
        parts += plot.panel(panel, top, top + panel_height, marks)
        top += panel_height + _GAP
    parts += plot.time_axis(top - _GAP)
    return "\n".join([*parts, "</svg>\n"])


def png(picture: str) -> bytes:
    """An SVG picture as PNG, where cairosvg is installed; raises RuntimeError where it is not."""
    try:
        cairosvg = importlib.import_module("cairosvg")
    except ImportError as error:
        raise RuntimeError("PNG needs the package cairosvg (pip install cairosvg); SVG needs nothing") from error
    return cairosvg.svg2png(bytestring=picture.encode())


class _Plot:
    """One picture's axis of time, and what is drawn against it."""

    def __init__(self, start_ms: int, end_ms: int, width: int) -> None:
        self.start_ms = start_ms
        self.end_ms = end_ms
        self.right = width - _RIGHT
        wanted_ms = (end_ms - start_ms) * 110 // (self.right - _LEFT)
        self.step_ms = next((step for step in _TIME_STEPS_MS if step >= wanted_ms), 0)
        if not self.step_ms:
            self.step_ms = -(-wanted_ms // _TIME_STEPS_MS[-1]) * _TIME_STEPS_MS[-1]

    def x(self, at_ms: int) -> int:
        return _LEFT + (self.right - _LEFT) * (at_ms - self.start_ms) // (self.end_ms - self.start_ms)

    def ticks(self) -> range:
        return range(-(-self.start_ms // self.step_ms) * self.step_ms, self.end_ms + 1, self.step_ms)

    def panel(self, panel: Panel, top: int, bottom: int, marks: Sequence[Mark]) -> list[str]:
        values = [value for line in panel.lines for _, value in line.points if value is not None]
        step, most = _scale(max(values, default=0))
        parts = [f'<text class="name" x="{_LEFT}" y="{top - 9}">{escape(panel.name)}, {escape(panel.unit)}</text>']
        for value in range(0, most + 1, step):
            y = bottom - (bottom - top) * value // most
            parts.append(f'<line class="grid" x1="{_LEFT}" x2="{self.right}" y1="{y}" y2="{y}"/>')
            parts.append(f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{value:,}</text>')
        for at_ms in self.ticks():
            parts.append(f'<line class="grid" x1="{self.x(at_ms)}" x2="{self.x(at_ms)}" y1="{top}" y2="{bottom}"/>')
        parts.append(f'<path class="axis" fill="none" d="M{_LEFT} {top}V{bottom}H{self.right}"/>')
        for mark in marks:
            if self.start_ms <= mark.at_ms <= self.end_ms:
                x = self.x(mark.at_ms)
                parts.append(f'<line class="mark" x1="{x}" x2="{x}" y1="{top}" y2="{bottom}"/>')
                is_late = x > self.right - 120
                anchor = "end" if is_late else "start"
                place = x - 4 if is_late else x + 4
                parts.append(f'<text x="{place}" y="{top + 12}" text-anchor="{anchor}">{escape(mark.text)}</text>')
        for number, line in enumerate(panel.lines):
            parts += self._line(line, number, top, bottom, most)
        return [*parts, *self._legend(panel.lines, top - 13)]

    def _line(self, line: Series, number: int, top: int, bottom: int, most: int) -> list[str]:
        """The line, interrupted where there is no value; a value alone is a dot."""
        look = _look(number)
        runs: list[list[str]] = [[]]
        for at_ms, value in line.points:
            if value is None:
                runs.append([])
            else:
                runs[-1].append(f"{self.x(at_ms)},{bottom - (bottom - top) * value // most}")
        parts: list[str] = []
        for run in runs:
            if len(run) == 1:
                x, _, y = run[0].partition(",")
                parts.append(f'<circle cx="{x}" cy="{y}" r="2" fill="{COLOURS[number % len(COLOURS)]}"/>')
            elif run:
                kept = [run[0], *(here for before, here in pairwise(run) if here != before)]
                parts.append(f'<polyline class="line" {look} points="{" ".join(kept)}"/>')
        return parts

    def _legend(self, lines: Sequence[Series], y: int) -> list[str]:
        parts: list[str] = []
        x = self.right
        for number, line in reversed(list(enumerate(lines))):
            x -= 7 * len(line.name) + 2
            parts.append(f'<text x="{x}" y="{y + 4}">{escape(line.name)}</text>')
            parts.append(f'<line class="line" {_look(number)} x1="{x - 32}" x2="{x - 6}" y1="{y}" y2="{y}"/>')
            x -= 48
        return parts

    def time_axis(self, y: int) -> list[str]:
        parts = [
            f'<text x="{self.x(at_ms)}" y="{y + 16}" text-anchor="middle">{self._clock(at_ms)}</text>'
            for at_ms in self.ticks()
        ]
        middle = (_LEFT + self.right) // 2
        return [*parts, f'<text x="{middle}" y="{y + 33}" text-anchor="middle">time in the world (UTC)</text>']

    def _clock(self, at_ms: int) -> str:
        day, second = divmod(at_ms // 1000, 86_400)
        text = f"{second // 3600:02d}:{second // 60 % 60:02d}"
        if self.step_ms < 60_000:
            text += f":{second % 60:02d}"
        if self.step_ms >= 86_400_000 or (self.end_ms - self.start_ms > 86_400_000 and not second):
            text = f"day {day - self.start_ms // 86_400_000 + 1}"
        return text


def _look(number: int) -> str:
    dash = DASHES[number % len(DASHES)]
    return f'stroke="{COLOURS[number % len(COLOURS)]}"' + (f' stroke-dasharray="{dash}"' if dash else "")


def _scale(largest: int) -> tuple[int, int]:
    """A step of 1, 2 or 5 times a power of ten, and the axis's end: some four steps."""
    step = 1
    while step * 5 < largest:
        step = step * 5 // 2 if str(step)[0] == "2" else step * 2
    return step, step * max(1, -(-largest // step))
