"""GetMetricWidgetImage: a PNG of the right size that shows the metric's line, its axes, annotations and legend."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any

import pytest

from foulweather.services.cloudwatch.charts import PALETTE
from harness import Aws
from services.cloudwatch.watching import put, refused

Pixels = list[list[tuple[int, int, int]]]


def pixels(image: bytes) -> Pixels:
    """A PNG's pixels by rows, read as its specification says."""
    assert image[:8] == b"\x89PNG\r\n\x1a\n"
    at, data, size = 8, b"", (0, 0)
    while at < len(image):
        (length,) = struct.unpack(">I", image[at : at + 4])
        kind, content = image[at + 4 : at + 8], image[at + 8 : at + 8 + length]
        assert struct.unpack(">I", image[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + content)
        if kind == b"IHDR":
            size = struct.unpack(">II", content[:8])
        elif kind == b"IDAT":
            data += content
        at += 12 + length
    raw, stride = zlib.decompress(data), 1 + 3 * size[0]
    assert len(raw) == stride * size[1]
    rows = [raw[start + 1 : start + stride] for start in range(0, len(raw), stride)]
    return [[(row[x], row[x + 1], row[x + 2]) for x in range(0, len(row), 3)] for row in rows]


def image(aws: Aws, **widget: Any) -> Pixels:
    given = {"metrics": [["Shop", "Latency"]], "start": "-PT1H", "width": 500, "height": 300, "period": 60, **widget}
    answer = aws.cloudwatch.get_metric_widget_image({"MetricWidget": json.dumps(given)})
    return pixels(answer["MetricWidgetImage"])


def places(drawn: Pixels, color: tuple[int, int, int]) -> list[tuple[int, int]]:
    return [(x, y) for y, row in enumerate(drawn) for x, each in enumerate(row) if each == color]


async def hour(aws: Aws) -> None:
    for minute in range(60):
        put(aws, 10 if minute < 30 else 90)
        await aws.advance(seconds=60)


async def test_a_line_is_drawn_where_its_values_are(aws: Aws) -> None:
    await hour(aws)
    drawn = image(aws, legend={"position": "hidden"})
    assert (len(drawn[0]), len(drawn)) == (500, 300)
    line = places(drawn, PALETTE[0])
    early = [y for x, y in line if 80 < x < 250]
    late = [y for x, y in line if 300 < x < 480]
    assert early
    assert late
    assert min(early) > max(late), "ninety is above ten"


async def test_a_second_line_has_a_colour_of_its_own_and_one_may_be_chosen(aws: Aws) -> None:
    await hour(aws)
    drawn = image(aws, metrics=[["Shop", "Latency"], [".", ".", {"stat": "Sum"}], ["...", {"color": "#010203"}]])
    assert places(drawn, PALETTE[1])
    assert places(drawn, (1, 2, 3))


async def test_metric_math_is_drawn_and_what_is_not_visible_is_not(aws: Aws) -> None:
    await hour(aws)
    metrics = [[{"expression": "m1*2", "id": "e1"}], ["Shop", "Latency", {"id": "m1", "visible": False}]]
    drawn = image(aws, metrics=metrics)
    assert places(drawn, PALETTE[0])
    assert not places(drawn, PALETTE[1])


async def test_annotations_are_drawn(aws: Aws) -> None:
    await hour(aws)
    annotations = {
        "horizontal": [{"label": "SLO", "value": 50, "color": "#aa0000"}],
        "vertical": [{"label": "deploy", "value": "-PT30M", "color": "#00aa00"}],
    }
    drawn = image(aws, annotations=annotations)
    assert len({x for x, _ in places(drawn, (0xAA, 0, 0))}) > 100
    assert len({y for _, y in places(drawn, (0, 0xAA, 0))}) > 80


async def test_without_data_there_are_axes(aws: Aws) -> None:
    assert len({pixel for row in image(aws) for pixel in row}) > 1


@pytest.mark.parametrize(
    ("widget", "code"),
    [
        ({"metrics": []}, "ValidationError"),
        ({"width": 2001}, "ValidationError"),
        ({"start": "yesterday"}, "ValidationError"),
        ({"colour": "red"}, "ValidationError"),
        ({"metrics": [["Shop"]]}, "ValidationError"),
        ({"metrics": [[{"expression": "m9+1"}]]}, "ValidationError"),
        ({"view": "pie"}, "NotImplemented"),
        ({"theme": "dark"}, "NotImplemented"),
    ],
)
def test_what_cannot_be_drawn_is_refused(aws: Aws, widget: dict[str, Any], code: str) -> None:
    given = {"metrics": [["Shop", "Latency"]], **widget}
    refused(code, aws.cloudwatch.get_metric_widget_image, {"MetricWidget": json.dumps(given)})


def test_a_text_that_is_no_json_is_refused(aws: Aws) -> None:
    refused("ValidationError", aws.cloudwatch.get_metric_widget_image, {"MetricWidget": "{"})
