"""No request fails, each shows all large orders as they are, and none takes more than a tenth of what it took."""

from __future__ import annotations

from typing import cast

from stack import CUSTOMER, TABLE, UNITS, Answer, Page

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import HOUR_MS, MINUTE_MS, Lab
from foulweather.drilling.load import Moment
from foulweather.kernel.why import Fact, Why

UNITS_MAX = 30.0


def _page(lab: Lab) -> Page:
    return cast(Page, lab.app("large-orders"))


def _codes(told: Moment) -> str:
    return ", ".join(code for code in told.codes if code)


def _find(lab: Lab) -> Fact:
    return shown(lab, "large-orders", "find", lab.app("large-orders").settings["find"])


def _read(answer: Answer) -> tuple[Fact, ...]:
    return (
        Fact("large-orders", "ScannedCount", answer.read),
        Fact("large-orders", "Count", len(answer.shown)),
        Fact("large-orders", "ConsumedCapacity", answer.units),
    )


def symptom(lab: Lab) -> Why | None:
    """Twenty failed requests in ten minutes."""
    told = _page(lab).outcomes.since(max(lab.struck_at_ms, lab.now_ms - 10 * MINUTE_MS))
    if not lab.struck_at_ms or told.errors < 20:
        return None
    return unmended(
        f"{told.errors} of {told.calls} requests of the last ten minutes failed: {_codes(told)}.",
        Fact(lab.notes["table_arn"], "ReadCapacityUnits", UNITS),
    )


def check(lab: Lab) -> Why | None:
    """Failures first, then what is shown, then what it takes."""
    since_ms = lab.settling_since(lab.now_ms - HOUR_MS)
    page = _page(lab)
    told = page.outcomes.since(since_ms)
    if told.errors:
        return unmended(f"{told.errors} of {told.calls} requests failed: {_codes(told)}.", _find(lab))
    answers = [answer for answer in page.answers if answer.at_ms > since_ms]
    if not answers:
        return unmended("Nobody saw the page.", _find(lab))
    return _incomplete(lab, answers) or _dear(lab, answers) or _paid(lab)


def _incomplete(lab: Lab, answers: list[Answer]) -> Why | None:
    for answer in answers:
        missing = answer.expected.keys() - answer.shown.keys()
        if missing:
            told = f"{len(missing)} of {len(answer.expected)} large orders of {CUSTOMER} are not on the page."
            return unmended(told, _find(lab), *_read(answer))
        wrong = [order for order, seen in answer.shown.items() if answer.expected.get(order) != seen]
        if wrong:
            seen = answer.shown[wrong[0]]
            told = f"{len(wrong)} orders are not shown as they are: {wrong[0]} has amount {seen[0]}, status {seen[1]}."
            return unmended(told, _find(lab), *_read(answer))
    return None


def _dear(lab: Lab, answers: list[Answer]) -> Why | None:
    dearest = max(answers, key=lambda answer: answer.units)
    if dearest.units <= UNITS_MAX:
        return None
    return unmended(
        f"No request fails, and each still takes {dearest.units:g} read units: {dearest.read} orders are read for "
        f"the {len(dearest.shown)} that are shown.",
        _find(lab),
        *_read(dearest),
    )


def _paid(lab: Lab) -> Why | None:
    table = lab.client("dynamodb").describe_table(TableName=TABLE)["Table"]
    units = table["ProvisionedThroughput"]["ReadCapacityUnits"]
    if units <= UNITS:
        return None
    told = "The page takes little now, and the table pays for more read units than before."
    return unmended(told, shown(lab, lab.notes["table_arn"], "ReadCapacityUnits", units))
