"""A shop's API that writes a few lines for each order, into a group that keeps them for two weeks."""

from __future__ import annotations

import json
from typing import NamedTuple, cast

from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.storage import Host
from foulweather.drilling.regular import Regular

GROUP = "/shop/orders-api"
STREAM = "orders-api/1"
RETENTION_DAYS = 14
DEBUG_LINES = 40
DEBUG_TEXT = "SELECT id, sku, quantity, price, currency FROM order_lines WHERE order_id = ? ORDER BY position; " * 8


class Placed(NamedTuple):
    """An order, and when."""

    at_ms: int
    number: int


class OrdersApi(Regular):
    """Takes an order every five minutes, and writes down what it does."""

    SETTINGS = {"log_level": ("info", "debug", "error"), "debug_percent": ("100",)}
    RELEASABLE = ("log_level", "debug_percent")
    EVERY_MS = 5 * MINUTE_MS

    def __init__(self, lab: Lab, name: str, host: Host) -> None:
        super().__init__(lab, name)
        self.host = host
        self.placed: list[Placed] = []

    def run(self) -> None:
        """One order; its lines are written in one call."""
        number = len(self.placed) + 1
        self.placed.append(Placed(self.lab.now_ms, number))
        lines = self._lines(number)
        if lines:
            events = [{"timestamp": self.lab.now_ms, "message": json.dumps(line)} for line in lines]
            logs = self.lab.client("logs", self.host.identity())
            logs.put_log_events(logGroupName=GROUP, logStreamName=STREAM, logEvents=events)

    def _lines(self, number: int) -> list[dict[str, str]]:
        level = self.settings["log_level"]
        if level == "error":
            return []
        lines = [
            {"level": "INFO", "message": f"POST /orders 201 order {number}"},
            {"level": "INFO", "message": placed_line(number)},
            {"level": "INFO", "message": f"payment of order {number} authorized"},
        ]
        if level == "debug" and 37 * number % 100 < int(self.settings["debug_percent"]):
            lines += [{"level": "DEBUG", "message": f"order {number} {DEBUG_TEXT}"}] * DEBUG_LINES
        return lines


def placed_line(number: int) -> str:
    """What support looks for."""
    return f"order {number} placed"


def api_of(lab: Lab) -> OrdersApi:
    """The application."""
    return cast(OrdersApi, lab.app("orders-api"))


def build(lab: Lab) -> None:
    """The group with its retention, a stream, the application's role."""
    logs = lab.client("logs")
    logs.create_log_group(logGroupName=GROUP, tags={"team": "orders"})
    logs.put_retention_policy(logGroupName=GROUP, retentionInDays=RETENTION_DAYS)
    logs.create_log_stream(logGroupName=GROUP, logStreamName=STREAM)
    arn = f"arn:aws:logs:{lab.region}:{lab.account}:log-group:{GROUP}"
    lab.notes["group_arn"] = arn
    write = {
        "Effect": "Allow",
        "Action": ["logs:PutLogEvents", "logs:CreateLogStream"],
        "Resource": f"{arn}:log-stream:*",
    }
    lab.add(OrdersApi(lab, "orders-api", Host.made(lab, "orders-api", write)))
