"""Their reader reads, and nobody else of theirs or anybody's."""

from __future__ import annotations

from stack import BUCKET

from foulweather.drilling.judging import shown, unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.storage import Uploader, opened, refusal, refused, unserved
from foulweather.kernel.why import Why

DEADLINE_MS = 2 * MINUTE_MS


def symptom(lab: Lab) -> Why | None:
    """Five rounds of the reader refused."""
    return refused(lab, "analytics", "rounds refused", "The analytics department was refused {} times")


def check(lab: Lab) -> Why | None:
    """Traffic, then who else gets in, and what the reader may beyond reading."""
    since_ms = lab.settling_since(lab.now_ms - 10 * MINUTE_MS)
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
