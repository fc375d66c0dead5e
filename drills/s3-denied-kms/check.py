"""Records are stored with the key and opened by those who may, and by nobody else."""

from __future__ import annotations

from stack import BUCKET

from foulweather.drilling.judging import listed, principals, shown, statements, unmended
from foulweather.drilling.lab import MINUTE_MS, Lab
from foulweather.drilling.load.storage import Uploader, opened, refusal, unread, unserved, wide_role
from foulweather.kernel.why import Fact, Why

DEADLINE_MS = 2 * MINUTE_MS
USES = ("kms:*", "kms:decrypt", "kms:encrypt", "kms:generate*", "kms:generatedatakey", "kms:re*", "kms:reencrypt*", "*")


def symptom(lab: Lab) -> Why | None:
    """Five records that cannot be opened."""
    return unread(lab, "records", "records not opened", "{} records are stored and cannot be opened.")


def check(lab: Lab) -> Why | None:
    """Traffic, the encryption of what is stored, then who else can open it."""
    since_ms = lab.settling_since(lab.now_ms - 10 * MINUTE_MS)
    unwell = unserved(lab, since_ms, DEADLINE_MS)
    if unwell is not None:
        return unwell
    practices = lab.app("practices")
    assert isinstance(practices, Uploader)
    keys, s3 = list(practices.uploaded), lab.client("s3")
    for key in (keys[0], keys[-1]):
        about = s3.head_object(Bucket=BUCKET, Key=key)
        if about.get("SSEKMSKeyId") != lab.notes["key"]:
            seen = Fact(f"arn:aws:s3:::{BUCKET}/{key}", "ServerSideEncryption", about.get("ServerSideEncryption"))
            return unmended("Records can be opened, but the latest are not encrypted with the department's key.", seen)
        statistics = lab.client("s3", lab.notes["statistics"].identity())
        if refusal(lambda key=key, one=statistics: one.get_object(Bucket=BUCKET, Key=key)) is None:
            return unmended("statistics-role can open a record now.", Fact("statistics-role", "may open", key))
    counting = lab.client("s3", lab.notes["statistics"].identity())
    lost = refusal(lambda: counting.list_objects_v2(Bucket=BUCKET))
    if lost is not None:
        return unmended(f"statistics-role cannot count any more: {lost.message}", because=[lost.why])
    return _key_is_for_few(lab) or wide_role(lab, "app-role") or opened(lab, BUCKET)


def _key_is_for_few(lab: Lab) -> Why | None:
    """Whether the key policy lets everybody in, or leaves the use of the key to the account's own policies."""
    text = lab.client("kms").get_key_policy(KeyId=lab.notes["key"], PolicyName="default")["Policy"]
    for statement in statements(text):
        if statement["Effect"] != "Allow":
            continue
        whom = principals(statement)
        actions = [action.lower() for action in listed(statement.get("Action"))]
        if "*" in whom or (f"arn:aws:iam::{lab.account}:root" in whom and any(one in USES for one in actions)):
            return unmended(
                f"Records can be opened, but the key may be used by more than two roles: {', '.join(whom)}.",
                shown(lab, lab.notes["key"], "Policy", text),
            )
    return None
