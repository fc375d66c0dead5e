"""A chart of lines over time: axes with their labels, annotations, a legend."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from foulweather.services.cloudwatch.drawing import Canvas, Color, text_width
from foulweather.services.cloudwatch.lines import Line

PALETTE: tuple[Color, ...] = (
    (31, 119, 180), (255, 127, 14), (44, 160, 44), (214, 39, 40), (148, 103, 189),
    (140, 86, 75), (227, 119, 194), (127, 127, 127), (188, 189, 34), (23, 190, 207),
)  # fmt: skip
INK: Color = (85, 85, 85)
FAINT: Color = (225, 225, 225)
TICKS = 5
SCALE = 2
ROW = 16


class Drawn(NamedTuple):
    """A line with its colour and axis."""

    line: Line
    color: Color
    is_right: bool = False


class Mark(NamedTuple):
    """An annotation: a value across, or a time from top to bottom."""

    label: str
    at: float
    color: Color
    is_vertical: bool


class Chart(NamedTuple):
    """What is drawn."""

    lines: Sequence[Drawn]
    marks: Sequence[Mark]
    start_ms: int
    end_ms: int
    title: str
    edges: dict[bool, tuple[float | None, float | None]]
    is_stacked: bool
    has_legend: bool


def drawn(chart: Chart, width: int, height: int) -> bytes:
    """A chart as a PNG."""
    canvas = Canvas(width, height)
    rows = _legend(chart, width) if chart.has_legend else []
    left, right = 60, width - (60 if any(each.is_right for each in chart.lines) else 12)
    top, bottom = (30 if chart.title else 12), height - 22 - ROW * len(rows)
    if chart.title:
        canvas.text(max(4, (width - text_width(chart.title, SCALE)) // 2), 10, chart.title, INK, SCALE)
    frame = (left, top, max(right, left + 1), max(bottom, top + 1))
    stacked = _stacked(chart) if chart.is_stacked else [(each, each.line.points) for each in chart.lines]
    for is_right in (False, True):
        of_axis = [(each, points) for each, points in stacked if each.is_right == is_right]
        if of_axis or not is_right:
            _axis(canvas, chart, frame, of_axis, is_right)
    _times(canvas, chart, frame)
    for number, row in enumerate(rows):
        x = left
        for each in row:
            y = bottom + 22 + number * ROW
            canvas.rectangle(x, y, x + 9, y + 9, each.color)
            canvas.text(x + 14, y, each.line.label, INK, SCALE)
            x += 30 + text_width(each.line.label, SCALE)
    return canvas.png()


def _legend(chart: Chart, width: int) -> list[list[Drawn]]:
    rows: list[list[Drawn]] = []
    room = 0
    for each in chart.lines:
        needed = 30 + text_width(each.line.label, SCALE)
        if not rows or needed > room:
            rows.append([])
            room = width - 72
        rows[-1].append(each)
        room -= needed
    return rows


def _stacked(chart: Chart) -> list[tuple[Drawn, dict[int, float]]]:
    below: dict[bool, dict[int, float]] = {False: {}, True: {}}
    found: list[tuple[Drawn, dict[int, float]]] = []
    for each in chart.lines:
        held = below[each.is_right]
        for at, value in each.line.points.items():
            held[at] = held.get(at, 0.0) + value
        found.append((each, {at: held[at] for at in each.line.points}))
    return found


def _axis(
    canvas: Canvas,
    chart: Chart,
    frame: tuple[int, int, int, int],
    lines: Sequence[tuple[Drawn, dict[int, float]]],
    is_right: bool,
) -> None:
    """Everything that goes by one axis of values."""
    left, top, right, bottom = frame
    values = [value for _, points in lines for value in points.values()]
    values += [mark.at for mark in chart.marks if not mark.is_vertical and not is_right]
    given_low, given_high = chart.edges.get(is_right, (None, None))
    low = given_low if given_low is not None else min([0.0, *values])
    high = given_high if given_high is not None else _rounded(max(values, default=1.0))
    span = high - low if high > low else 1.0

    def y_of(value: float) -> int:
        return bottom - round(max(0.0, min(1.0, (value - low) / span)) * (bottom - top))

    def x_of(at_ms: float) -> int:
        return left + round((at_ms - chart.start_ms) / max(1, chart.end_ms - chart.start_ms) * (right - left))

    for number in range(TICKS):
        value = low + span * number / (TICKS - 1)
        label = _short(value)
        if not is_right:
            canvas.line((left, y_of(value)), (right, y_of(value)), FAINT)
        x = right + 4 if is_right else left - 4 - text_width(label, SCALE)
        canvas.text(x, y_of(value) - 5, label, INK, SCALE)
    for each, points in lines:
        before: tuple[int, int] | None = None
        for at in sorted(points):
            here = (x_of(at), y_of(points[at]))
            if before is not None:
                canvas.line(before, here, each.color)
                canvas.line((before[0], before[1] + 1), (here[0], here[1] + 1), each.color)
            else:
                canvas.rectangle(here[0] - 1, here[1] - 1, here[0] + 1, here[1] + 1, each.color)
            before = here
    for mark in chart.marks:
        if mark.is_vertical and not is_right:
            canvas.line((x_of(mark.at), top), (x_of(mark.at), bottom), mark.color, dash=4)
            canvas.text(x_of(mark.at) + 3, top, mark.label, mark.color, SCALE)
        elif not is_right:
            canvas.line((left, y_of(mark.at)), (right, y_of(mark.at)), mark.color, dash=6)
            canvas.text(left + 4, y_of(mark.at) - 12, mark.label, mark.color, SCALE)


def _times(canvas: Canvas, chart: Chart, frame: tuple[int, int, int, int]) -> None:
    left, _, right, bottom = frame
    canvas.line((left, bottom), (right, bottom), INK)
    span_ms = chart.end_ms - chart.start_ms
    shape = "%H:%M" if span_ms <= 2 * 86_400_000 else "%m/%d"
    count = max(2, min(8, (right - left) // 70))
    for number in range(count):
        at_ms = chart.start_ms + span_ms * number // (count - 1)
        label = datetime.fromtimestamp(at_ms // 1000, UTC).strftime(shape)
        x = left + (right - left) * number // (count - 1)
        canvas.line((x, bottom), (x, bottom + 3), INK)
        canvas.text(min(x - text_width(label, SCALE) // 2, canvas.width - text_width(label, SCALE)), bottom + 6, label,
                    INK, SCALE)  # fmt: skip


def _rounded(value: float) -> float:
    """The next of 1, 2, 2.5, 5 and 10 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= value * 0.999999)


def _short(value: float) -> str:
    for limit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "K")):
        if abs(value) >= limit:
            return f"{value / limit:.3g}{letter}"
    return f"{value:.3g}"


def color_of(text: str | None, number: int) -> Color:
    """A colour as #rrggbb names it, or the one of a line's turn."""
    if text and len(text) == 7 and text[0] == "#":
        try:
            return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)
        except ValueError:
            return INK
    return PALETTE[number % len(PALETTE)] if number >= 0 else INK
