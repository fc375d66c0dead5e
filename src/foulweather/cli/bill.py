"""`bill`."""

from __future__ import annotations

import argparse
import textwrap
from decimal import Decimal
from typing import Any

from foulweather.cli.exits import OK
from foulweather.cli.parsing import Commands, client_of, out, takes_world
from foulweather.cli.style import standard

BY = ("usage", "service", "resource")


def add(commands: Commands) -> None:
    """Declare the command."""
    bill = commands.add(
        "bill",
        run_bill,
        "What the use of a world costs",
        "Shows what was used, at AWS's list prices of us-east-1: requests and units, hours and months of what stands,\n"
        "bytes that lie there, come in or are looked through. What has no price in the book is named, and in no total.",
        "  foulweather bill\n  foulweather bill --since 30d --by resource\n"
        "  foulweather bill --since 2026-03-01T00:00:00Z --by service\n",
    )
    takes_world(bill)
    bill.add_argument(
        "--since", default="", metavar="TIME", help="from then on (30d, 2026-03-01T00:00:00Z); whole days in UTC"
    )
    bill.add_argument("--by", default="usage", choices=BY, help="what the sums are of (default: usage)")


def run_bill(arguments: argparse.Namespace) -> int:
    """Show the bill."""
    found = client_of(arguments).get("bill", {"since": arguments.since, "by": arguments.by})
    out(arguments, found, lambda: _shown(found))
    return OK


def _shown(bill: dict[str, Any]) -> str:
    lines = [f"From {bill['since']} to {bill['until']}, in {bill['currency']}:", ""]
    lines += [f"  {_money(amount):>16}  {name}" for name, amount in bill["by"].items() if Decimal(amount)]
    lines += [f"  {_money(bill['total']):>16}  total", ""]
    standing, storage = (_money(bill[f"{what}_a_month"]) for what in ("standing", "storage"))
    lines.append(f"As things stand now, they cost {standing} a month if nobody uses them, {storage} of it for storage.")
    dearest = [line for line in bill["lines"] if line["amount"] and Decimal(line["amount"])][:10]
    if dearest:
        lines += ["", "The dearest:"]
        lines += [_line(line) for line in dearest]
    if bill["not_priced"]:
        lines += ["", "Used, and not priced (in no total):"]
        lines += [f"  {name}" for name in bill["not_priced"]]
    lines.append("")
    for note in bill["notes"]:
        lines += textwrap.wrap(note, max(standard().width, 20), break_on_hyphens=False)
    return "\n".join(lines)


def _line(line: dict[str, Any]) -> str:
    used = f"{line['usage_type']} of {line['resource'] or 'the account'} ({line['region']})"
    quantity = f"{_quantity(line['quantity'])} {_plural(line['unit'], Decimal(line['quantity']))}"
    return f"  {_money(line['amount']):>16}  {line['service']} {used}: {quantity}"


def _plural(unit: str, quantity: Decimal) -> str:
    return unit if quantity == 1 or unit in ("GB", "GB-s") or unit.endswith("scanned") else f"{unit}s"


def _money(amount: str) -> str:
    """An amount with four digits that tell something, at least cents."""
    value = Decimal(amount)
    digits = 2 if not value else max(2, 3 - value.adjusted())
    return f"{value:,.{min(digits, 12)}f}"


def _quantity(quantity: str) -> str:
    value = Decimal(quantity)
    return f"{value:,.0f}" if value == value.to_integral_value() else f"{value:,.{max(2, 3 - value.adjusted())}f}"
