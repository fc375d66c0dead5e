"""No write is throttled, at the load of the sale; every premium order can be read; and nothing is paid for in vain."""

from __future__ import annotations

from typing import Any, cast

from stack import TABLE, Reader, Writer

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import HOUR_MS, MINUTE_MS, Lab
from foulweather.kernel.why import Fact, Why

THROTTLES = ("ProvisionedThroughputExceededException", "ThrottlingException")
UNITS_MAX = 5000


def _writer(lab: Lab) -> Writer:
    return cast(Writer, lab.app("order-writer"))


def _throttled(lab: Lab, since_ms: int) -> int:
    codes = _writer(lab).records.since(since_ms).codes
    return sum(codes.get(code, 0) for code in THROTTLES)


def _table(lab: Lab) -> dict[str, Any]:
    return lab.client("dynamodb").describe_table(TableName=TABLE)["Table"]


def _units(lab: Lab) -> Fact:
    provisioned = _table(lab)["ProvisionedThroughput"]["WriteCapacityUnits"]
    return shown(lab, lab.notes["table_arn"], "WriteCapacityUnits", provisioned)


def _release(lab: Lab, app: str, *names: str) -> tuple[Fact, ...]:
    settings = lab.app(app).settings
    return tuple(shown(lab, app, name, settings[name]) for name in names)


def symptom(lab: Lab) -> Why | None:
    """Five hundred throttled writes in an hour."""
    throttled = _throttled(lab, max(lab.struck_at_ms, lab.now_ms - HOUR_MS)) if lab.struck_at_ms else 0
    if throttled < 500:
        return None
    return unmended(f"{throttled} writes of the last hour were throttled.", _units(lab))


def check(lab: Lab) -> Why | None:
    """Throttles first, then what can be read, then what it costs."""
    since_ms = lab.settling_since(lab.now_ms - HOUR_MS)
    throttled = _throttled(lab, since_ms)
    writer = _release(lab, "order-writer", "shards", "suffix")
    if throttled:
        cause = f"{throttled} writes were throttled since; whether a retry gets through later or not, the limit is met."
        return unmended(cause, _units(lab), *writer)
    told = _writer(lab).outcomes.since(since_ms)
    if told.errors:
        return unmended(f"{told.errors} of {told.calls} orders were refused: {dict(told.codes)}.", *writer)
    return _readable(lab, since_ms) or _paid(lab)


def _readable(lab: Lab, since_ms: int) -> Why | None:
    reader = cast(Reader, lab.app("premium-page"))
    refused = reader.failed_since(since_ms)
    if refused is not None:
        return unmended(f"The premium page fails: {refused.code}.", because=[refused.why])
    if reader.read_at_ms < lab.now_ms - HOUR_MS:
        return unmended("The premium page is not read.", Fact(reader.name, "read at", reader.read_at_ms))
    until_ms = reader.read_at_ms - MINUTE_MS
    written = _writer(lab).written
    expected = {order: version for at_ms, order, version in written if since_ms < at_ms < until_ms}
    missing = [order for order, version in expected.items() if reader.seen.get(order, -1) < version]
    if missing:
        facts = (*_release(lab, "premium-page", "shards"), *_release(lab, "order-writer", "shards", "suffix"))
        return unmended(f"{len(missing)} of {len(expected)} premium orders are not on the premium page.", *facts)
    return None


def _paid(lab: Lab) -> Why | None:
    table = _table(lab)
    if table.get("BillingModeSummary", {}).get("BillingMode") == "PAY_PER_REQUEST":
        return None
    units = _units(lab)
    if int(units.value) > UNITS_MAX:
        return unmended("The table pays for more write units than before; not even the old ones were used.", units)
    return None
