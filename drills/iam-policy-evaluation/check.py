"""All five programs work, and no layer holds less than it did."""

from __future__ import annotations

from stack import BRANCH, SHARED, Program, getting, putting

from foulweather.drilling.clients import Identity
from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.storage import opened, refusal
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why

PROGRAMS = ("invoices", "thumbnails", "export", "branch-sync", "partner-read")
SHUT = {
    "invoices": (getting(SHARED, "pictures/logo.png"), putting(SHARED, "catalog.json")),
    "thumbnails": (getting(SHARED, "invoices/1.json"), putting(SHARED, "exports/1.json")),
    "export": (getting(SHARED, "invoices/1.json"), putting(SHARED, "catalog.json")),
    "branch-sync": (getting(BRANCH, "latest.json"), putting(SHARED, "catalog.json")),
    "partner-read": (getting(SHARED, "invoices/1.json"), putting(SHARED, "catalog.json")),
}
"""What each program must not get, though some policy of it would allow much of that."""


def _programs(lab: Lab) -> list[Program]:
    found = [lab.app(name) for name in PROGRAMS]
    return [app for app in found if isinstance(app, Program)]


def symptom(lab: Lab) -> Why | None:
    """Each of the five refused three times."""
    if not lab.struck_at_ms:
        return None
    refused: dict[str, list[AwsError]] = {}
    for app in _programs(lab):
        refused[app.name] = [run.error for run in app.runs_since(lab.struck_at_ms) if run.error is not None]
    if any(len(errors) < 3 for errors in refused.values()):
        return None
    return unmended(
        f"{len(refused)} programs are refused: {', '.join(refused)}.",
        *(Fact(name, "last refusal", errors[-1].message) for name, errors in refused.items()),
        because=[errors[-1].why for errors in refused.values()],
    )


def check(lab: Lab) -> Why | None:
    """Traffic, then each program's limits, then the layers that hold others."""
    since_ms = lab.settling_since(lab.now_ms - 21 * MINUTE_MS)
    for app in _programs(lab):
        error = app.failed_since(since_ms)
        if error is not None:
            return unmended(f"{app.name} is refused: {error.message}", because=[error.why])
        if not app.runs_since(since_ms):
            return unmended(f"{app.name} has not run.", Fact(app.name, "runs", 0))
    for app in _programs(lab):
        s3 = lab.client("s3", app.identity())
        for number, ask in enumerate(SHUT[app.name]):
            if refusal(lambda ask=ask, s3=s3: ask(s3)) is None:
                what = "write" if number else "read"
                return unmended(
                    f"All programs work, but {app.name} can {what} what is none of its business.",
                    Fact(app.host.role_arn, "may", f"{what} beyond its task"),
                )
    return _clerk(lab) or _layers(lab)


def _clerk(lab: Lab) -> Why | None:
    s3 = lab.client("s3", lab.notes["clerk"].identity())
    if refusal(lambda: putting(BRANCH, "by-clerk.json")(s3)) is None:
        return unmended(
            "All programs work, but the clerk can write into branch-data.", Fact("clerk", "may put", BRANCH)
        )
    if refusal(lambda: getting(SHARED, "catalog.json")(s3)) is None:
        return unmended("All programs work, but the clerk can read shared-data.", Fact("clerk", "may get", SHARED))
    root = Identity(lab.notes["branch"], lab.region)
    if refusal(lambda: putting(BRANCH, "by-root.json")(lab.client("s3", root))) is None:
        return unmended("All programs work, but the member's root user writes.", Fact("root", "may put", BRANCH))
    return None


def _layers(lab: Lab) -> Why | None:
    role = lab.client("iam").get_role(RoleName="thumbnails")["Role"]
    held = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    if held != lab.notes["boundary"]:
        return unmended("thumbnails has lost its boundary.", shown(lab, role["Arn"], "PermissionsBoundary", held))
    return opened(lab, SHARED)
