"""Their reader reads, and nobody else of theirs or anybody's."""

from __future__ import annotations

from stack import BUCKET

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.storage import Uploader, opened, refusal, unserved
from foulweather.drilling.regular import Regular
from foulweather.kernel.why import Fact, Why

DEADLINE_MS = 2 * MINUTE_MS


def symptom(lab: Lab) -> Why | None:
    """Five rounds of the reader refused."""
    analytics = lab.app("analytics")
    assert isinstance(analytics, Regular)
    refused = [run for run in analytics.runs_since(lab.struck_at_ms or lab.now_ms) if run.error is not None]
    if len(refused) < 5:
        return None
    return unmended(
        f"The analytics department was refused {len(refused)} times: {refused[-1].told}",
        Fact("analytics", "rounds refused", len(refused)),
    )


def check(lab: Lab) -> Why | None:
    """Traffic, then who else gets in, and what the reader may beyond reading."""
    since_ms = lab.notes.get("settling_since_ms", lab.now_ms - 10 * MINUTE_MS)
    unwell = unserved(lab, since_ms, DEADLINE_MS)
    if unwell is not None:
        return unwell
    stations = lab.app("stations")
    assert isinstance(stations, Uploader)
    key = list(stations.uploaded)[-1]
    s3 = lab.client("s3", lab.notes["notebooks"].identity())
    beyond = {
        "read": lambda: s3.get_object(Bucket=BUCKET, Key=key),
        "list": lambda: s3.list_objects_v2(Bucket=BUCKET),
        "write into": lambda: s3.put_object(Bucket=BUCKET, Key="figures/probe.json", Body=b""),
    }
    for told, ask in beyond.items():
        if refusal(ask) is None:
            text = lab.client("s3").get_bucket_policy(Bucket=BUCKET)["Policy"]
            return unmended(
                f"The figures are read again, but the role notebooks of their account can {told} our bucket, too.",
                shown(lab, f"arn:aws:s3:::{BUCKET}", "Policy", text),
            )
    return opened(lab, BUCKET)
