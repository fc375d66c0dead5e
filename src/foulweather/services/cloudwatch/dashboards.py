"""Dashboards: their bodies are checked when they are put.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from foulweather.kernel.call import Call
from foulweather.kernel.errors import AwsError
from foulweather.services.cloudwatch import paging, refusals, tagging
from foulweather.services.cloudwatch.records import Dashboard
from foulweather.services.cloudwatch.state import DashboardState

Request = Mapping[str, Any]
Faults = list[dict[str, str]]
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
TYPES = ("metric", "text", "log", "alarm", "explorer", "custom")
VIEWS = ("timeSeries", "singleValue", "gauge", "bar", "pie", "table")
WIDGETS_MAX = 500
LISTED = 1000
BODY_BYTES_MAX = 1 << 20


def put_dashboard(call: Call, request: Request) -> dict[str, Any]:
    """Make a dashboard or replace its whole body; doubtful widgets are told of, wrong ones refused."""
    name, body = request.get("DashboardName"), request.get("DashboardBody")
    if not name:
        raise refusals.missing("DashboardName")
    if body is None:
        raise refusals.missing("DashboardBody")
    if not _NAME.fullmatch(name):
        raise _invalid(
            f"The value {name} for parameter DashboardName is invalid. Expected format: /^[A-Za-z0-9_-]{{1,255}}$/", []
        )
    tags = tagging.given(request.get("Tags"))
    errors, warnings = _checked(body)
    if errors:
        raise _invalid(f"The field DashboardBody must be a valid JSON object. {len(errors)} validation error(s).",
                       errors)  # fmt: skip
    state = call.state(DashboardState)
    arn = f"arn:aws:cloudwatch::{call.account}:dashboard/{name}"
    held = state.dashboards.get(name)
    state.dashboards.put(name, Dashboard(name, arn, body, call.now, tags if held is None else held.tags))
    call.changed("cloudwatch.DashboardPut", arn, DashboardBody=body)
    return {"DashboardValidationMessages": warnings}


def get_dashboard(call: Call, request: Request) -> dict[str, Any]:
    """A dashboard's body."""
    if not request.get("DashboardName"):
        raise refusals.missing("DashboardName")
    found = call.state(DashboardState).dashboards.get(request["DashboardName"])
    if found is None:
        raise _missing(request["DashboardName"])
    return {"DashboardArn": found.arn, "DashboardBody": found.body, "DashboardName": found.name}


def list_dashboards(call: Call, request: Request) -> dict[str, Any]:
    """The account's dashboards, by name."""
    prefix: str = request.get("DashboardNamePrefix") or ""
    rows = sorted(call.state(DashboardState).dashboards.values(), key=lambda row: row.name)
    try:
        listed, token = paging.page(
            [row for row in rows if row.name.startswith(prefix)], request.get("NextToken"), LISTED
        )
    except AwsError:
        raise refusals.invalid("The value for parameter NextToken is invalid.") from None
    entries = [
        {
            "DashboardName": row.name,
            "DashboardArn": row.arn,
            "LastModified": row.modified_ms,
            "Size": len(row.body.encode()),
        }
        for row in listed
    ]
    return {"DashboardEntries": entries, **({"NextToken": token} if token is not None else {})}


def delete_dashboards(call: Call, request: Request) -> dict[str, Any]:
    """Delete dashboards; "if there is an error, the operation attempts to delete as many dashboards as possible"."""
    names: list[str] = request.get("DashboardNames") or []
    if not names:
        raise refusals.missing("DashboardNames")
    state = call.state(DashboardState)
    missing = [name for name in names if name not in state.dashboards]
    for name in dict.fromkeys(names):
        if name in state.dashboards:
            call.changed("cloudwatch.DashboardDeleted", state.dashboards.delete(name).arn, DashboardBody=None)
    if missing:
        raise _missing(", ".join(missing))
    return {}


def _missing(name: str) -> AwsError:
    return AwsError(
        "DashboardNotFoundError", f"Dashboard {name} does not exist", 404, facts=refusals.facts(DashboardName=name)
    )


def _invalid(message: str, faults: Faults) -> AwsError:
    return AwsError(
        "DashboardInvalidInputError",
        message,
        members={"dashboardValidationMessages": faults},
        facts=refusals.facts(**{each["DataPath"]: each["Message"] for each in faults}),
    )


def _checked(body: str) -> tuple[Faults, Faults]:
    """What is wrong with a body, and what is doubtful."""
    if len(body.encode()) > BODY_BYTES_MAX:
        return [_fault("/", "The dashboard body is too large")], []
    try:
        whole: Any = json.loads(body)
    except ValueError:
        return [_fault("/", "The field DashboardBody must be a valid JSON object")], []
    if not isinstance(whole, dict):
        return [_fault("/", "The field DashboardBody must be a valid JSON object")], []
    held = cast("dict[str, Any]", whole)
    widgets: Any = held.get("widgets")
    if not isinstance(widgets, list):
        return [_fault("/", "Should have required property 'widgets'")], []
    errors: Faults = []
    warnings: Faults = []
    listed = cast("list[Any]", widgets)
    if len(listed) > WIDGETS_MAX:
        errors.append(_fault("/widgets", f"Should not have more than {WIDGETS_MAX} items"))
    for number, widget in enumerate(listed):
        _check_widget(widget, f"/widgets/{number}", errors, warnings)
    return errors, warnings


def _check_widget(widget: Any, path: str, errors: Faults, warnings: Faults) -> None:
    if not isinstance(widget, dict):
        errors.append(_fault(path, "Should be object"))
        return
    held = cast("dict[str, Any]", widget)
    kind = held.get("type")
    if kind not in TYPES:
        errors.append(_fault(f"{path}/type", f"Should be equal to one of the allowed values: {', '.join(TYPES)}"))
        return
    for name, most in (("x", 23), ("width", 24), ("y", None), ("height", 1000)):
        value = held.get(name)
        if value is not None and (
            not isinstance(value, int) or value < (name in ("width", "height")) or (most is not None and value > most)
        ):
            errors.append(_fault(f"{path}/{name}", f"Should be an integer within the range of {name}"))
    given: Any = held.get("properties")
    if not isinstance(given, dict):
        errors.append(_fault(path, "Should have required property 'properties'"))
        return
    properties = cast("dict[str, Any]", given)
    required = {"text": ("markdown",), "alarm": ("alarms",), "log": ("query", "region"), "custom": ("endpoint",)}.get(
        str(kind), ()
    )
    for name in required:
        if name not in properties:
            errors.append(_fault(f"{path}/properties", f"Should have required property '{name}'"))
    if kind == "metric":
        _check_metrics(properties, f"{path}/properties", errors, warnings)


def _check_metrics(properties: dict[str, Any], path: str, errors: Faults, warnings: Faults) -> None:
    metrics: Any = properties.get("metrics")
    if metrics is None and "annotations" not in properties:
        errors.append(_fault(path, "Should have required property 'metrics'"))
        return
    if properties.get("view", "timeSeries") not in VIEWS:
        errors.append(_fault(f"{path}/view", f"Should be equal to one of the allowed values: {', '.join(VIEWS)}"))
    if "region" not in properties:
        warnings.append(_fault(path, "Should have property 'region'"))
    if metrics is None:
        return
    if not isinstance(metrics, list):
        errors.append(_fault(f"{path}/metrics", "Should be array"))
        return
    for number, metric in enumerate(cast("list[Any]", metrics)):
        if not isinstance(metric, list) or not metric:
            errors.append(_fault(f"{path}/metrics/{number}", "Should NOT have less than 1 items"))
            continue
        parts = [each for each in cast("list[Any]", metric) if not isinstance(each, dict)]
        # A namespace and a name, unless it is an expression, or "..." stands for what the metric before had.
        if len(parts) == 1 and parts[0] != "...":
            errors.append(_fault(f"{path}/metrics/{number}", "Should NOT have less than 2 items"))


def _fault(path: str, message: str) -> dict[str, str]:
    return {"DataPath": path, "Message": message}
