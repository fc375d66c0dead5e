"""An archive of scanned documents: scanned day by day, indexed each night, opened by clerks at any age."""

from __future__ import annotations

from typing import Any, NamedTuple, cast

from foulweather.drilling.lab import DAY_MS, HOUR_MS, Lab
from foulweather.drilling.load.storage import Host
from foulweather.drilling.regular import Regular
from foulweather.kernel.errors import AwsError

BUCKET = "scan-archive"
SIZE = 150 << 10

RULES: dict[str, Any] = {
    "Rules": [
        {
            "ID": "documents-grow-old",
            "Filter": {"Prefix": "documents/"},
            "Status": "Enabled",
            "Transitions": [
                {"Days": 30, "StorageClass": "STANDARD_IA"},
                {"Days": 90, "StorageClass": "GLACIER_IR"},
            ],
        },
        {
            "ID": "what-nobody-needs",
            "Filter": {"Prefix": ""},
            "Status": "Enabled",
            "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        },
    ]
}


class Storing(Regular):
    """Works on the archive by the role."""

    RELEASABLE = ()

    def __init__(self, lab: Lab, name: str, host: Host) -> None:
        super().__init__(lab, name)
        self.host = host

    def s3(self) -> Any:
        """A client by a fresh session."""
        return self.lab.client("s3", self.host.identity())


class Scanner(Storing):
    """Scans a document a day; each day a phone begins to upload one, and loses its connection."""

    EVERY_MS = DAY_MS

    def start(self) -> None:
        """Begin to scan."""
        self.keys: list[str] = []
        super().start()

    def run(self) -> None:
        """A day's work."""
        s3, key = self.s3(), f"documents/{len(self.keys) + 1:05d}.tiff"
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"TIFF" * (SIZE // 4))
        self.keys.append(key)
        lost = f"phones/{len(self.keys):05d}.jpg"
        upload = s3.create_multipart_upload(Bucket=BUCKET, Key=lost)["UploadId"]
        s3.upload_part(Bucket=BUCKET, Key=lost, UploadId=upload, PartNumber=1, Body=b"JPEG" * (SIZE // 4))


class Index(Storing):
    """Writes the index anew each night."""

    EVERY_MS = DAY_MS + 60_000

    def run(self) -> None:
        """Tonight's."""
        self.s3().put_object(Bucket=BUCKET, Key="index/latest.json", Body=b"json" * (SIZE // 4))


class Opened(NamedTuple):
    """One time that a clerk opened a document."""

    at_ms: int
    key: str
    code: str


class Clerks(Storing):
    """Open documents of any age, while a customer waits at the counter."""

    EVERY_MS = 19 * HOUR_MS

    def start(self) -> None:
        """Begin to open."""
        self.opened: list[Opened] = []
        super().start()

    def pause_ms(self) -> int:
        """More often than the past is told."""
        return 2 * HOUR_MS if self.lab.settling_since(0) else self.EVERY_MS

    def run(self) -> None:
        """One document."""
        keys = scanner_of(self.lab).keys
        if not keys:
            return
        key, code = keys[11 * len(self.opened) % len(keys)], ""
        try:
            self.s3().get_object(Bucket=BUCKET, Key=key)
        except AwsError as error:
            code = error.code
            raise
        finally:
            self.opened = [*self.opened[-300:], Opened(self.lab.now_ms, key, code)]


def scanner_of(lab: Lab) -> Scanner:
    """Who scans."""
    return cast(Scanner, lab.apps["scanner"])


def clerks_of(lab: Lab) -> Clerks:
    """Who opens documents."""
    return cast(Clerks, lab.apps["clerks"])


def build(lab: Lab) -> None:
    """A versioned bucket with its lifecycle rules, a role, three applications."""
    s3 = lab.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration=RULES)
    work = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    host = Host.made(lab, "app-role", work)
    lab.add(Scanner(lab, "scanner", host))
    lab.add(Index(lab, "index", host))
    lab.add(Clerks(lab, "clerks", host))
