"""Each photo has one thumbnail, wherever it was uploaded, and the function runs once for it."""

from __future__ import annotations

import json
from typing import Any

from stack import BUCKET, FUNCTION

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import HOUR_MS, MINUTE_MS, Lab
from foulweather.drilling.load.functions import function_arn
from foulweather.kernel.why import Fact, Why

UNDER_WAY_MS = 2 * MINUTE_MS
OFF_BY = 3
"""Photos on the edge of the time that is looked at."""


def _counts(lab: Lab, since_ms: int, until_ms: int) -> dict[str, int]:
    """Photos by prefix, thumbnails and runs in a time."""
    counts = {"web": 0, "mobile": 0, "thumbs": 0, "runs": 0}
    for event in lab.world.journal:
        if since_ms < event.at_ms <= until_ms:
            if event.kind == "s3.ObjectCreated" and event.facts["bucket"] == BUCKET:
                counts[event.facts["key"].partition("/")[0]] += 1
            elif event.kind == "lambda.Invoked" and event.facts["function"] == FUNCTION:
                counts["runs"] += 1
    return counts


def _configuration(lab: Lab) -> Fact:
    told: dict[str, Any] = lab.client("s3").get_bucket_notification_configuration(Bucket=BUCKET)
    rules = told.get("LambdaFunctionConfigurations", [])
    return shown(lab, f"arn:aws:s3:::{BUCKET}", "NotificationConfiguration", json.dumps(rules))


def symptom(lab: Lab) -> Why | None:
    """Ten times as many runs as photos."""
    found = _counts(lab, lab.struck_at_ms or lab.now_ms, lab.now_ms)
    photos = found["web"] + found["mobile"]
    if photos < 30 or found["runs"] < 10 * photos:
        return None
    return unmended(
        f"{found['runs']} invocations for {photos} photos.",
        Fact(function_arn(lab, FUNCTION), "Invocations", found["runs"]),
    )


def check(lab: Lab) -> Why | None:
    """Runs and thumbnails since the mend, against photos."""
    if not lab.struck_at_ms:
        return None
    # What was set off before the mend runs on for a while: sixteen times at most.
    since_ms = lab.settling_since(lab.now_ms - HOUR_MS) + UNDER_WAY_MS
    found = _counts(lab, since_ms, lab.now_ms - 5_000)
    photos, thumbs, runs = found["web"] + found["mobile"], found["thumbs"], found["runs"]
    if runs > photos + OFF_BY:
        return unmended(f"{runs} invocations for {photos} photos.", _configuration(lab))
    if thumbs < photos - OFF_BY:
        return unmended(f"{thumbs} thumbnails for {photos} photos.", _configuration(lab))
    return None
