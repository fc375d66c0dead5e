"""Applications that keep objects in S3: who uploads, who reads what was uploaded, and the role that each works by.

host = Host.made(lab, "app-role", {"Effect": "Allow", "Action": …, "Resource": …})   # a user, and the role it takes
lab.add(Uploader(lab, "uploads", bucket="app-bucket", prefix="uploads/", host=host))
lab.add(Reader(lab, "invoices", bucket="app-bucket", prefix="uploads/", host=host))
refusal(lambda: lab.client("s3", host.identity()).get_object(Bucket=…, Key=…))       # None where it may
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote

import msgspec

from foulweather.drilling.clients import Client, Identity
from foulweather.drilling.documents import document, trust
from foulweather.drilling.judging import shown, too_broad, unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.ledger import Ledger
from foulweather.drilling.regular import Regular
from foulweather.kernel.call import Origin
from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact, Why

FLAGS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
IN_AWS = Origin(ip="10.0.1.20", is_secure=True, user_agent="Boto3/1.40 foulweather-drill")


class Host(NamedTuple):
    """Something that works by a role: it signs in with a user's key, and takes a fresh session for each run."""

    lab: Lab
    access_key_id: str
    role_arn: str
    origin: Origin = IN_AWS

    @classmethod
    def made(
        cls, lab: Lab, role: str, *statements: Mapping[str, Any], account: str = "", origin: Origin = IN_AWS
    ) -> Host:
        """A role with an inline policy `work` of these statements (none: no policy), and the user that assumes it."""
        iam = lab.client("iam", Identity(account or lab.account, lab.region))
        user = iam.create_user(UserName=f"{role}-host")["User"]["Arn"]
        role_arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust(user))["Role"]["Arn"]
        if statements:
            iam.put_role_policy(RoleName=role, PolicyName="work", PolicyDocument=document(*map(dict, statements)))
        key = iam.create_access_key(UserName=f"{role}-host")["AccessKey"]["AccessKeyId"]
        return cls(lab, key, role_arn, origin)

    def identity(self, **asked: Any) -> Identity:
        """A fresh session; `asked` are further parameters of AssumeRole, such as a session policy."""
        sts = self.lab.client("sts", self.lab.identity_of_key(self.access_key_id))
        name = self.role_arn.rpartition("/")[2]
        session = sts.assume_role(RoleArn=self.role_arn, RoleSessionName=name, DurationSeconds=900, **asked)
        identity = self.lab.identity_of_key(session["Credentials"]["AccessKeyId"])
        identity.origin = self.origin
        return identity


def refusal(ask: Callable[[], Any]) -> AwsError | None:
    """What a call is refused with; None where it is answered."""
    try:
        ask()
    except AwsError as error:
        return error
    return None


class Storing(Regular):
    """An application that works on the keys of one bucket under a prefix: seldom in the past, more often on the day."""

    EVERY_MS = MINUTE_MS
    PAST_MS = 20 * MINUTE_MS

    def __init__(self, lab: Lab, name: str, *, bucket: str, prefix: str = "", host: Host, **settings: str) -> None:
        super().__init__(lab, name, **settings)
        self.bucket = bucket
        self.prefix = prefix
        self.host = host
        self.ledger = Ledger.of(lab)

    def pause_ms(self) -> int:
        """A busy day is busier."""
        return self.EVERY_MS if self.lab.struck_at_ms else self.PAST_MS

    def s3(self) -> Client:
        """A client as whoever this application is now."""
        return self.lab.client("s3", self.host.identity())

    def event_of(self, key: str) -> int:
        """The number of an object in the ledger."""
        return self.ledger.key_of(f"{self.bucket}/{key}", self.lab.now_ms)


class Uploader(Storing):
    """Uploads an object at each run; an upload that is refused is lost, as its user was told.

    Override `parameters` to say more of an object than its body. `uploaded` has what was stored, by key and when.
    """

    def start(self) -> None:
        """Begin to upload."""
        self.asked = 0
        self.uploaded: dict[str, int] = {}
        super().start()

    def parameters(self, number: int) -> dict[str, Any]:
        """Further parameters of the n-th PutObject."""
        return {}

    def key(self, number: int) -> str:
        """The key of the n-th object; in the order of the alphabet, too."""
        return f"{self.prefix}{number:06d}.json"

    def run(self) -> None:
        """One upload."""
        self.asked += 1
        key = self.key(self.asked)
        self.event_of(key)
        body = msgspec.json.encode({"number": self.asked, "uploaded_ms": self.lab.now_ms})
        self.s3().put_object(Bucket=self.bucket, Key=key, Body=body, **self.parameters(self.asked))
        self.uploaded[key] = self.lab.now_ms


class Reader(Storing):
    """Lists what is new under its prefix at each run and reads it; what is refused, it tries again the next time.

    An object that was read has taken effect in the ledger. `read` has them, by key and when; `unread` what it has
    seen in a list and could not read.
    """

    def start(self) -> None:
        """Begin to read."""
        self.read: dict[str, int] = {}
        self.unread: list[str] = []
        self.seen = ""
        super().start()

    def listing(self) -> dict[str, Any]:
        """The parameters of ListObjectsV2, but for where it goes on."""
        return {"Bucket": self.bucket, "Prefix": self.prefix}

    def keys(self, s3: Client) -> Sequence[str]:
        """The keys that have come since the last time."""
        found: list[str] = []
        while True:
            after = found[-1] if found else self.seen
            page = s3.list_objects_v2(**self.listing(), **({"StartAfter": after} if after else {}))
            found += [one["Key"] for one in page.get("Contents", [])]
            if not page.get("IsTruncated"):
                return found

    def run(self) -> None:
        """One round: what is new, then what is unread; the last refusal ends it."""
        s3 = self.s3()
        new = self.keys(s3)
        if new:
            self.seen = new[-1]
            self.unread += new
        last: AwsError | None = None
        left: list[str] = []
        for key in self.unread:
            try:
                s3.get_object(Bucket=self.bucket, Key=key)
            except AwsError as error:
                last = error
                left.append(key)
                continue
            self.read[key] = self.lab.now_ms
            self.ledger.effect(self.event_of(key), self.lab.now_ms, 0, key)
        self.unread = left
        if last is not None:
            raise last


# --- what can be seen


def unread(lab: Lab, reader: str, seen: str, told: str, *, at_least: int = 5) -> Why | None:
    """The symptom of a reader with so many objects that it cannot read: `{}` in `told` is how many.

    `seen` is what they are called as a fact (`reports not read`).
    """
    app = lab.app(reader)
    assert isinstance(app, Reader)
    count = len(app.unread)
    return unmended(told.format(count), Fact(reader, seen, count)) if count >= at_least else None


def refused(lab: Lab, app: str, seen: str, told: str, *, at_least: int = 5) -> Why | None:
    """The symptom of an application that was refused so often since the incident, with the last refusal's words."""
    regular = lab.app(app)
    assert isinstance(regular, Regular)
    failed = [run for run in regular.runs_since(lab.struck_at_ms or lab.now_ms) if run.error is not None]
    if len(failed) < at_least:
        return None
    return unmended(f"{told.format(len(failed))}: {failed[-1].told}", Fact(app, seen, len(failed)))


# --- judging


def unserved(lab: Lab, since_ms: int, deadline_ms: int) -> Why | None:
    """Why traffic after a time is not as it should be: an application refused or idle, an object that nobody read."""
    for app in lab.apps.values():
        if not isinstance(app, Regular) or not app.IS_OURS:
            continue
        error = app.failed_since(since_ms)
        if error is not None:
            cause = f"{app.name} is refused: {error.code}: {error.message}"
            return unmended(cause, Fact(app.name, "last refusal", error.message), because=[error.why])
        if not app.runs_since(since_ms):
            return unmended(f"{app.name} has not run since.", Fact(app.name, "runs", 0))
    lost = Ledger.of(lab).lost(lab.now_ms, deadline_ms, since_ms + 1)
    if lost:
        told = f"{len(lost)} objects were not read within {deadline_ms // 1000} s of their upload."
        return unmended(told, Fact("ledger", "lost", len(lost)))
    return None


def opened(lab: Lab, bucket: str) -> Why | None:
    """Why a bucket that should be private is not: Block Public Access taken back, or a policy for everybody."""
    s3, arn = lab.client("s3"), f"arn:aws:s3:::{bucket}"
    flags: dict[str, bool] = {}
    try:
        flags = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    except AwsError as error:
        if error.code != "NoSuchPublicAccessBlockConfiguration":
            raise
    for flag in FLAGS:
        if not flags.get(flag):
            told = f"Block Public Access of {bucket} has been loosened: {flag} is off."
            return unmended(told, shown(lab, arn, flag, False))
    try:
        text = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    except AwsError as error:
        if error.code != "NoSuchBucketPolicy":
            raise
        return None
    broad = too_broad(text)
    return unmended(f"The policy of {bucket} is too wide: {broad}.", shown(lab, arn, "Policy", text)) if broad else None


def wide_role(lab: Lab, role: str, *, but: str = "") -> Why | None:
    """Why a role has more than it needs: an inline or attached policy (but that one) that allows too much."""
    iam, holder = lab.client("iam"), f"arn:aws:iam::{lab.account}:role/{role}"
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        text = unquote(iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"])
        broad = too_broad(text)
        if broad:
            told = f"{role} has more than it needs: in its policy {name}, {broad}."
            return unmended(told, shown(lab, holder, f"InlinePolicy/{name}", text))
    for one in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        arn = one["PolicyArn"]
        if arn == but:
            continue
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        text = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        broad = too_broad(unquote(text))
        if broad:
            told = f"{role} has more than it needs: in {one['PolicyName']}, {broad}."
            return unmended(told, shown(lab, holder, arn, "attached"))
    return None
