"""A list is imported whole within ten minutes, under throttling; the audit reads each of its items."""

from __future__ import annotations

from typing import Any, cast

from stack import TABLE, Audit, Importer

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import DAY_MS, MINUTE_MS, Lab
from foulweather.kernel.why import Fact, Why

DEADLINE_MS = 10 * MINUTE_MS
AUDITED_MS = 15 * MINUTE_MS
WRITE_UNITS_MAX, READ_UNITS_MAX = 20, 10


def _importer(lab: Lab) -> Importer:
    return cast(Importer, lab.app("price-import"))


def _audit(lab: Lab) -> Audit:
    return cast(Audit, lab.app("price-audit"))


def _release(lab: Lab, app: str) -> tuple[Fact, ...]:
    return tuple(shown(lab, app, name, value) for name, value in lab.app(app).settings.items())


def _table(lab: Lab) -> dict[str, Any]:
    return lab.client("dynamodb").describe_table(TableName=TABLE)["Table"]


def symptom(lab: Lab) -> Why | None:
    """A list of which the audit found fewer items than it has."""
    importer, audit = _importer(lab), _audit(lab)
    for file, began_ms in importer.began_ms.items():
        if lab.struck_at_ms and began_ms > lab.struck_at_ms and file in audit.done_ms:
            found, size = audit.found.get(file, 0), importer.size[file]
            if found < size:
                return unmended(
                    f"Of {size} items of list {file} the audit found {found}; no call of price-import failed.",
                    Fact(lab.notes["table_arn"], "dynamodb.Unprocessed", _unprocessed(lab)),
                )
    return None


def _unprocessed(lab: Lab) -> int:
    return sum(event.facts["count"] for event in lab.world.journal if event.kind == "dynamodb.Unprocessed")


def check(lab: Lab) -> Why | None:
    """The lists that came since; then what a list that meets no throttle does not show."""
    since_ms = lab.settling_since(lab.now_ms - DAY_MS)
    importer, audit = _importer(lab), _audit(lab)
    due = [
        file
        for file, began_ms in importer.began_ms.items()
        if since_ms < began_ms < lab.now_ms - (AUDITED_MS if lab.struck_at_ms else 5 * MINUTE_MS)
    ]
    if not due:
        return unmended("No list came in.", *_release(lab, "price-import"))
    for file in due:
        told = _judged(lab, importer, audit, file)
        if told is not None:
            return told
    return _state(lab)


def _judged(lab: Lab, importer: Importer, audit: Audit, file: int) -> Why | None:
    size, writes, reads = importer.size[file], _release(lab, "price-import"), _release(lab, "price-audit")
    if importer.dropped[file]:
        return unmended(
            f"{importer.dropped[file]} of {size} items of list {file} came back unprocessed, and are nowhere.", *writes
        )
    done_ms = importer.done_ms.get(file)
    if done_ms is None or done_ms > importer.began_ms[file] + DEADLINE_MS:
        return unmended(f"List {file} was not imported within ten minutes: {importer.left[file]} are left.", *writes)
    if audit.dropped.get(file) or file not in audit.done_ms or audit.found.get(file, 0) != size:
        return unmended(f"The audit found {audit.found.get(file, 0)} of {size} items of list {file}.", *reads)
    return None


def _state(lab: Lab) -> Why | None:
    for app in ("price-import", "price-audit"):
        if lab.app(app).settings["unprocessed"] != "backoff":
            return unmended(
                f"Nothing was throttled at this capacity; what comes back unprocessed {app} still throws away.",
                shown(lab, app, "unprocessed", lab.app(app).settings["unprocessed"]),
            )
    table = _table(lab)
    units = table["ProvisionedThroughput"]
    is_dear = units["WriteCapacityUnits"] > WRITE_UNITS_MAX or units["ReadCapacityUnits"] > READ_UNITS_MAX
    if is_dear or table.get("BillingModeSummary", {}).get("BillingMode") == "PAY_PER_REQUEST":
        return unmended(
            "More capacity is paid for than the lists need in their ten minutes.",
            shown(lab, lab.notes["table_arn"], "WriteCapacityUnits", units["WriteCapacityUnits"]),
        )
    return None
