"""A script that saves costs, at night; in the morning a function that fails now and then."""

from __future__ import annotations

from stack import FUNCTION, MODEL

from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Even
from foulweather.drilling.load.api_probes import hurry
from foulweather.drilling.load.apis import client, patch, set_stage
from foulweather.drilling.load.functions import answered, release


def strike(lab: Lab) -> None:
    """No logs; then the function."""
    off = patch("/*/*/logging/loglevel", "OFF")
    set_stage(lab, lab.notes["api"], off, {"op": "remove", "path": "/accessLogSettings"})
    answered(lab.client("apigateway").update_account(patchOperations=[patch("/cloudwatchRoleArn", "")]))
    release(lab, FUNCTION, MODEL + 'error_rate = 0.3\nerror_type = "KeyError"\nerror_message = "price"\n')
    client(lab, "shop").arrive(Even(per_min=6))
    hurry(lab)
