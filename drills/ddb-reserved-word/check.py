"""Each page shows its order's status and nothing that pages may not have; each order is shipped, unless cancelled."""

from __future__ import annotations

from typing import Any, cast

from stack import TABLE, Page, Warehouse

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import HOUR_MS, Lab
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why

CANCELLED = "order-cancelled"


def _page(lab: Lab) -> Page:
    return cast(Page, lab.app("order-page"))


def _warehouse(lab: Lab) -> Warehouse:
    return cast(Warehouse, lab.app("warehouse"))


def _release(lab: Lab, app: str) -> tuple[Fact, ...]:
    return tuple(shown(lab, app, name, value) for name, value in lab.app(app).settings.items())


def symptom(lab: Lab) -> Why | None:
    """Twenty calls that were refused as invalid."""
    if not lab.struck_at_ms:
        return None
    failed = [run for app in (_page(lab), _warehouse(lab)) for run in app.runs_since(lab.struck_at_ms) if run.error]
    if len(failed) < 20:
        return None
    return unmended(f"{len(failed)} calls of order-page and warehouse were refused: {failed[-1].told}")


def check(lab: Lab) -> Why | None:
    """What was asked since, and what came of it."""
    since_ms = lab.settling_since(lab.now_ms - HOUR_MS)
    for app in (_page(lab), _warehouse(lab)):
        error = app.failed_since(since_ms)
        if error is not None:
            why = f"{app.name} is refused: {error.message}"
            return unmended(why, *_release(lab, app.name), because=[error.why])
        if not app.runs_since(since_ms):
            return unmended(f"{app.name} does not run.", Fact(app.name, "runs", 0))
    return _pages(lab, since_ms) or _shipped(lab)


def _pages(lab: Lab, since_ms: int) -> Why | None:
    facts = _release(lab, "order-page")
    pages = [page for page in _page(lab).shown if page[0] > since_ms]
    unknown = sum(1 for _, status, _ in pages if status == "unknown")
    if unknown:
        return unmended(f"{unknown} of {len(pages)} pages show an unknown status.", *facts)
    leaked = sum(1 for _, _, names in pages if set(names) - {"order_id", "status"})
    if leaked:
        return unmended(f"{leaked} of {len(pages)} pages got the number of the customer's card with the order.", *facts)
    return None


def _shipped(lab: Lab) -> Why | None:
    """The warehouse's own update, on an order that must not go out, and on one that must."""
    facts, tables = _release(lab, "warehouse"), lab.client("dynamodb")
    tables.put_item(
        TableName=TABLE, Item={"order_id": {"S": CANCELLED}, "status": {"S": "CANCELLED"}, "customer": {"S": "x"}}
    )
    warehouse = _warehouse(lab)
    asked: dict[str, Any] = {"order_id": {"S": CANCELLED}}
    usual, warehouse.next_key = warehouse.next_key, lambda: asked  # type: ignore[method-assign]
    try:
        warehouse.run()
    except AwsError as error:
        if error.code != "ConditionalCheckFailedException":
            return unmended("The warehouse's update is refused.", *facts, because=[error.why])
    else:
        return unmended("The warehouse ships an order that its customer has cancelled.", *facts)
    finally:
        warehouse.next_key = usual  # type: ignore[method-assign]
        tables.delete_item(TableName=TABLE, Key=asked)
    renamed = [n for n in range(60) if "order_status" in _item(lab, n)]
    if renamed:
        return unmended(
            f"{len(renamed)} orders have two statuses by now, and pages show the old one.",
            Fact(lab.notes["table_arn"], "order_status", len(renamed)),
            *facts,
        )
    return None


def _item(lab: Lab, n: int) -> dict[str, Any]:
    return lab.client("dynamodb").get_item(TableName=TABLE, Key={"order_id": {"S": f"order-{n}"}}).get("Item", {})
