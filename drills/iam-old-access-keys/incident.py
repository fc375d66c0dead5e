"""Nobody does anything: ninety days are over, and the security team asks for the credential report."""

from __future__ import annotations

from typing import cast

from stack import RUNS_EVERY_MS, Service

from foulweather.drilling.lab import DAY_MS, MINUTE_MS, Lab

ASKED_AFTER_MS = 45 * MINUTE_MS


def strike(lab: Lab) -> None:
    """A busy Sunday begins; the audit runs three quarters of an hour into it."""
    for name, app in lab.apps.items():
        if RUNS_EVERY_MS[name] < DAY_MS:
            cast(Service, app).hurry()
    lab.at(lab.now_ms + ASKED_AFTER_MS, lambda: _audit(lab))


def _audit(lab: Lab) -> None:
    lab.client("iam").generate_credential_report()
    lab.notes["audited_ms"] = lab.now_ms
