"""A bucket of account statements that grow old, and a portal where customers and auditors open them."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

from foulweather.drilling.lab import DAY_MS, HOUR_MS, MINUTE_MS, Lab
from foulweather.drilling.load.storage import Host
from foulweather.drilling.regular import Regular
from foulweather.kernel.errors import AwsError

BUCKET, PREFIX = "app-bucket", "statements/"
SIZE = 160 << 10
DAYS = 90


def rules(storage_class: str) -> dict[str, Any]:
    """Statements of more than ninety days go to a cheaper storage class."""
    return {
        "Rules": [
            {
                "ID": "old-statements",
                "Filter": {"Prefix": PREFIX},
                "Status": "Enabled",
                "Transitions": [{"Days": DAYS, "StorageClass": storage_class}],
            }
        ]
    }


class Opened(NamedTuple):
    """One time that somebody opened a statement."""

    at_ms: int
    key: str
    code: str


class Statements(Regular):
    """Writes a statement every four days."""

    EVERY_MS = 4 * DAY_MS
    RELEASABLE = ()

    def start(self) -> None:
        """Begin to write."""
        self.written: list[str] = []
        super().start()

    def run(self) -> None:
        """One statement."""
        key = f"{PREFIX}{len(self.written) + 1:04d}.pdf"
        host = cast(Host, self.lab.apps["portal"].host)  # type: ignore[attr-defined]
        self.lab.client("s3", host.identity()).put_object(Bucket=BUCKET, Key=key, Body=b"%PDF" * (SIZE // 4))
        self.written.append(key)


class Portal(Regular):
    """Opens one statement after the other, of whatever age: customers seldom, on the day auditors as well."""

    RELEASABLE = ()

    def __init__(self, lab: Lab, name: str, host: Host) -> None:
        super().__init__(lab, name)
        self.host = host

    def start(self) -> None:
        """Begin to open."""
        self.opened: list[Opened] = []
        super().start()

    def pause_ms(self) -> int:
        """Auditors are busy people."""
        return 3 * MINUTE_MS if self.lab.struck_at_ms else 13 * HOUR_MS

    def run(self) -> None:
        """The next statement."""
        written = statements_of(self.lab).written
        if not written:
            return
        key = written[7 * len(self.opened) % len(written)]
        code = ""
        try:
            self.lab.client("s3", self.host.identity()).get_object(Bucket=BUCKET, Key=key)
        except AwsError as error:
            code = error.code
            raise
        finally:
            self.opened.append(Opened(self.lab.now_ms, key, code))


def statements_of(lab: Lab) -> Statements:
    """Who writes statements."""
    return cast(Statements, lab.apps["statements"])


def portal_of(lab: Lab) -> Portal:
    """Where they are opened."""
    return cast(Portal, lab.apps["portal"])


def build(lab: Lab) -> None:
    """A private bucket with a lifecycle rule, a role, and two applications that work by it."""
    s3 = lab.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration=rules("GLACIER_IR"))
    work = {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": f"arn:aws:s3:::{BUCKET}/{PREFIX}*",
    }
    host = Host.made(lab, "app-role", work)
    lab.add(Portal(lab, "portal", host))
    lab.add(Statements(lab, "statements"))
