"""A bucket that is public on purpose, and two that are public by mistake: one by its policy, one by an old list."""

from __future__ import annotations

from foulweather.drilling.clients import Client, Identity
from foulweather.drilling.documents import document
from foulweather.drilling.lab import Lab
from foulweather.drilling.load.ledger import Ledger
from foulweather.drilling.load.storage import FLAGS, Host, Uploader
from foulweather.drilling.regular import Regular
from foulweather.kernel.call import Origin
from foulweather.kernel.errors import AwsError
from foulweather.policy.principal import ANONYMOUS

BUCKET, EXPORTS, ARCHIVE = "press-kit", "partner-exports", "old-website"
SHUT = dict.fromkeys(FLAGS, True)
OPEN = dict.fromkeys(FLAGS, False)


def readers(bucket: str) -> dict[str, object]:
    """Lets anybody read the objects of a bucket."""
    return {
        "Sid": "AnybodyReads",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }


def nobody(lab: Lab) -> Client:
    """A client that does not sign, somewhere in the world."""
    origin = Origin(ip="192.0.2.77", is_secure=True, user_agent="Mozilla/5.0")
    return lab.client("s3", Identity("", lab.region, ANONYMOUS, origin=origin))


class Visitors(Regular):
    """Readers of the news, who look at each picture that the press office has put out."""

    def __init__(self, lab: Lab, name: str, office: Uploader) -> None:
        super().__init__(lab, name)
        self.office = office

    def start(self) -> None:
        """Begin to look."""
        self.got: dict[str, int] = {}
        super().start()

    def pause_ms(self) -> int:
        """As often as there are new pictures."""
        return self.office.pause_ms()

    def run(self) -> None:
        """What they have not yet seen; the last refusal ends it."""
        last: AwsError | None = None
        for key in self.office.uploaded:
            if key in self.got:
                continue
            try:
                nobody(self.lab).get_object(Bucket=BUCKET, Key=key)
            except AwsError as error:
                last = error
                continue
            self.got[key] = self.lab.now_ms
            Ledger.of(self.lab).effect(self.office.event_of(key), self.lab.now_ms, 0, key)
        if last is not None:
            raise last


def build(lab: Lab) -> None:
    """Three buckets that are open, the press office, its readers."""
    s3 = lab.client("s3")
    for bucket in (BUCKET, EXPORTS):
        s3.create_bucket(Bucket=bucket)
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=OPEN)
        s3.put_bucket_policy(Bucket=bucket, Policy=document(readers(bucket)))
    s3.create_bucket(Bucket=ARCHIVE, ObjectOwnership="ObjectWriter")
    s3.put_public_access_block(Bucket=ARCHIVE, PublicAccessBlockConfiguration=OPEN)
    s3.put_object(Bucket=ARCHIVE, Key="backup/customers.sql", Body=b"--", ACL="public-read")
    s3.put_object(Bucket=EXPORTS, Key="2026/customers.csv", Body=b"name\n")
    write = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{BUCKET}/photos/*"}
    office = Uploader(lab, "press-office", bucket=BUCKET, prefix="photos/", host=Host.made(lab, "press-role", write))
    lab.add(office)
    lab.add(Visitors(lab, "visitors", office))
