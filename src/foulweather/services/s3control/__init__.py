"""Amazon S3 Control: accounts, access points, batch jobs. It works on S3's own rows: its code is part of S3's."""

from __future__ import annotations

from foulweather.kernel.call import Call
from foulweather.kernel.service import Service
from foulweather.policy.evaluate import Verdict


def _denied_words(call: Call, verdict: Verdict, usual: str) -> str:
    """Other accounts hear no more than `Access Denied`."""
    return usual if verdict.ask.within_account else "Access Denied"


SERVICE = Service(
    name="s3control",
    package="foulweather.services.s3.control",
    modules=("account_blocks", "access_points", "access_point_policies", "resource_tags", "jobs"),
    denied_words=_denied_words,
)
