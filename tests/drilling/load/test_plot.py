from __future__ import annotations

import importlib.util
import xml.etree.ElementTree as ET

import pytest

from foulweather.drilling.load import Ledger, Level, Records
from foulweather.drilling.load.plot import COLOURS, Mark, Panel, Series, of_ledger, of_levels, of_records, png, svg

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*panels: Panel, **options: object) -> ET.Element:
    return ET.fromstring(svg("Orders <&> more", panels, **options))  # type: ignore[arg-type]


def test_a_picture_is_well_formed_and_says_its_size_title_units_and_lines() -> None:
    records = Records()
    for second in range(600):
        records.add("publish", "Throttling" if second % 50 == 0 else "", second * 1000 - 20, second * 1000)
    levels = [Level(at_ms, at_ms // 1000, 5, 0, at_ms) for at_ms in range(0, 600_000, 10_000)]
    ledger = Ledger()
    ledger.effect(ledger.ask(1_000), 3_000)
    lines = of_ledger(ledger, 60_000, now_ms=600_000, deadline_ms=1_000)
    root = drawn(*of_records(records, 60_000), *of_levels(levels), *lines, marks=[Mark(300_000, "deploy")])
    assert int(root.attrib["width"]) == 960
    assert int(root.attrib["height"]) > 600
    texts = {element.text for element in root.iter(f"{SVG}text")}
    assert {"Orders <&> more", "Calls, per minute", "Calls: latency, ms", "Backlog, messages", "p99", "errors"} <= texts
    assert {"00:00", "00:08", "deploy", "time in the world (UTC)"} <= texts


def test_a_line_is_interrupted_where_nothing_was_measured() -> None:
    root = drawn(Panel("x", "ms", [Series("a", [(0, 1), (10, 2), (20, None), (30, 3), (40, 4)])]))
    assert len(list(root.iter(f"{SVG}polyline"))) == 2


def test_lines_differ_in_colour_and_in_dashes() -> None:
    lines = [Series(str(n), [(0, n), (10, n)]) for n in range(6)]
    looks = {
        (line.attrib["stroke"], line.attrib.get("stroke-dasharray"))
        for line in drawn(Panel("x", "ms", lines)).iter(f"{SVG}polyline")
    }
    assert {colour for colour, _ in looks} == set(COLOURS)
    assert len({dash for _, dash in looks}) == 6


@pytest.mark.parametrize("largest", [0, 1, 7, 99, 100, 1_234_567])
def test_every_point_lies_within_its_panel(largest: int) -> None:
    root = drawn(Panel("x", "ms", [Series("a", [(0, 0), (10, largest)])]))
    axis = next(root.iter(f"{SVG}path")).attrib["d"]  # M<left> <top>V<bottom>H<right>
    top, bottom = int(axis.split()[1].partition("V")[0]), int(axis.partition("V")[2].partition("H")[0])
    points = next(root.iter(f"{SVG}polyline")).attrib["points"].split()
    assert all(top <= int(point.partition(",")[2]) <= bottom for point in points)


def test_a_span_of_days_is_told_in_days() -> None:
    root = drawn(Panel("x", "ms", [Series("a", [(0, 1), (7 * 86_400_000, 2)])]))
    assert "day 3" in {element.text for element in root.iter(f"{SVG}text")}


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to draw"):
        svg("empty", [])


@pytest.mark.skipif(importlib.util.find_spec("cairosvg") is not None, reason="cairosvg is here")
def test_png_without_its_library_is_refused_clearly() -> None:
    with pytest.raises(RuntimeError, match="cairosvg"):
        png("<svg/>")
