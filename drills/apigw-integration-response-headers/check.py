"""The page is told what the server said, with the headers that it needs."""

from __future__ import annotations

from typing import cast

from stack import CORS, EXPECTED, HEADER, ORIGIN, Page

from foulweather.drilling.judging import unmended
from foulweather.drilling.lab import Lab
from foulweather.drilling.load.api_probes import answers, since, unexpected
from foulweather.kernel.why import Fact, Why


def _page(lab: Lab) -> Page:
    return cast(Page, lab.app("page"))


def _wrong(lab: Lab, since_ms: int, at_least: int) -> Why | None:
    wrong = _page(lab).wrong(since_ms)
    if len(wrong) < at_least:
        return None
    told = f"{len(wrong)} answers were not what the server said: {wrong[-1]}"
    return unmended(told, Fact("page", "wrong answers", len(wrong)))


def symptom(lab: Lab) -> Why | None:
    """Three orders that were found without being there."""
    return _wrong(lab, lab.struck_at_ms or lab.now_ms, 3)


def check(lab: Lab) -> Why | None:
    """The statuses, then the headers of each."""
    since_ms = since(lab)
    unwell = _wrong(lab, since_ms, 1)
    if not _page(lab).since(since_ms):
        return unmended("Nobody has looked for an order since.", Fact("page", "looks", 0))
    for name, (status, _) in EXPECTED.items():
        unwell = unwell or unexpected(lab, since_ms, name, status, f"For {name} the page is told {{}}, not a {status}.")
        for answer in () if unwell else answers(lab, since_ms, name):
            for header in (CORS, HEADER):
                given = answer.headers.get(header.lower())
                if given is None or (header == CORS and given != ORIGIN):
                    told = f"For {name} the header {header} is {given or 'missing'}."
                    return unmended(told, Fact("GET /orders/{id}", header, given))
    return unwell
