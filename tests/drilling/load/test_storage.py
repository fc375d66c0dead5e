from __future__ import annotations

from typing import Any

import pytest

from drilling.load.labs import MINUTE_MS, new_lab, pass_ms
from foulweather.drilling.documents import document
from foulweather.drilling.lab import Lab
from foulweather.drilling.load.ledger import Ledger
from foulweather.drilling.load.storage import (
    Host,
    Reader,
    Uploader,
    opened,
    refusal,
    refused,
    unread,
    unserved,
    wide_role,
)
from foulweather.kernel.call import Origin

BUCKET = "app-bucket"
ARN = f"arn:aws:s3:::{BUCKET}"
LIST = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": ARN}
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{ARN}/*"}
WRITE = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"{ARN}/*"}
OTHER = "999988887777"


def at_work(lab: Lab, *statements: dict[str, Any]) -> tuple[Uploader, Reader]:
    """A bucket, and a pair that works on it by a role with these statements."""
    lab.client("s3").create_bucket(Bucket=BUCKET)
    host = Host.made(lab, "app-role", *statements)
    uploader = Uploader(lab, "uploads", bucket=BUCKET, prefix="in/", host=host)
    reader = Reader(lab, "reads", bucket=BUCKET, prefix="in/", host=host)
    lab.add(uploader)
    lab.add(reader)
    return uploader, reader


async def test_what_is_uploaded_is_read_once() -> None:
    lab = new_lab()
    uploader, reader = at_work(lab, LIST, READ, WRITE)
    await pass_ms(lab, 100 * MINUTE_MS)
    assert len(uploader.uploaded) == 5
    assert list(reader.read) == list(uploader.uploaded)
    report = Ledger.of(lab).report(now_ms=lab.now_ms, deadline_ms=MINUTE_MS)
    assert (report.asked, report.served, report.duplicated) == (5, 5, 0)
    assert unserved(lab, lab.now_ms - 30 * MINUTE_MS, MINUTE_MS) is None


async def test_a_reader_lists_more_than_a_page() -> None:
    lab = new_lab()
    at_work(lab, LIST, READ, WRITE)
    for number in range(1005):
        lab.client("s3").put_object(Bucket=BUCKET, Key=f"in/{number:06d}.json", Body=b"")
    await pass_ms(lab, 21 * MINUTE_MS)
    reader = lab.app("reads")
    assert isinstance(reader, Reader)
    assert len(reader.read) >= 1005


async def test_a_refused_upload_is_lost_and_told() -> None:
    lab = new_lab()
    at_work(lab, LIST, READ)
    await pass_ms(lab, 41 * MINUTE_MS)
    why = unserved(lab, 0, MINUTE_MS)
    assert why is not None
    assert why.cause.startswith("uploads is refused: AccessDenied")
    assert len(Ledger.of(lab).lost(lab.now_ms, MINUTE_MS)) == 2
    assert "s3:PutObject" in lab.app("uploads").log[-1].text


async def test_what_cannot_be_read_is_read_when_it_can() -> None:
    lab = new_lab()
    uploader, reader = at_work(lab, LIST, WRITE)
    await pass_ms(lab, 41 * MINUTE_MS)
    assert (len(reader.unread), reader.read) == (2, {})
    iam = lab.client("iam")
    iam.put_role_policy(RoleName="app-role", PolicyName="work", PolicyDocument=document(LIST, READ, WRITE))
    await pass_ms(lab, 20 * MINUTE_MS)
    assert reader.unread == []
    assert list(reader.read) == list(uploader.uploaded)


async def test_what_is_unread_and_refused_is_a_symptom_from_so_many_on() -> None:
    lab = new_lab()
    at_work(lab, LIST, WRITE)
    lab.struck_at_ms = lab.now_ms
    await pass_ms(lab, 22 * MINUTE_MS)  # the first pause is that of the past
    assert unread(lab, "reads", "files not read", "{} files are not read.") is None
    assert refused(lab, "reads", "rounds refused", "Refused {} times") is None
    await pass_ms(lab, 5 * MINUTE_MS)
    waiting = unread(lab, "reads", "files not read", "{} files are not read.")
    assert waiting is not None
    count = waiting.facts[0].value
    assert (waiting.cause, waiting.facts[0].property) == (f"{count} files are not read.", "files not read")
    failed = refused(lab, "reads", "rounds refused", "Refused {} times")
    assert failed is not None
    assert failed.cause.startswith(f"Refused {failed.facts[0].value} times: AccessDenied: ")
    assert refused(lab, "uploads", "rounds refused", "Refused {} times", at_least=1) is None


async def test_objects_that_nobody_reads_are_told() -> None:
    lab = new_lab()
    _, reader = at_work(lab, LIST, READ, WRITE)
    reader.prefix = "elsewhere/"
    await pass_ms(lab, 41 * MINUTE_MS)
    why = unserved(lab, 0, MINUTE_MS)
    assert why is not None
    assert why.cause == "2 objects were not read within 60 s of their upload."


async def test_a_host_calls_from_where_it_stands() -> None:
    lab = new_lab()
    host = Host.made(lab, "app-role", origin=Origin(ip="203.0.113.9", is_secure=True))
    identity = host.identity()
    assert identity.principal.role_arn == host.role_arn
    assert identity.origin.ip == "203.0.113.9"


@pytest.mark.parametrize("their_side", [True, False])
@pytest.mark.parametrize("our_side", [True, False])
async def test_access_across_accounts_needs_both_sides(their_side: bool, our_side: bool) -> None:
    lab = new_lab()
    s3 = lab.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"")
    host = Host.made(lab, "reports", *([READ] if their_side else []), account=OTHER)
    if our_side:
        s3.put_bucket_policy(Bucket=BUCKET, Policy=document({**READ, "Principal": {"AWS": host.role_arn}}))
    error = refusal(lambda: lab.client("s3", host.identity()).get_object(Bucket=BUCKET, Key="a"))
    assert (error is None) is (their_side and our_side)
    if error is not None:
        assert (error.code, error.message, error.status) == ("AccessDenied", "Access Denied", 403)


async def test_a_bucket_that_is_opened_is_told() -> None:
    lab = new_lab()
    s3 = lab.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    assert opened(lab, BUCKET) is None
    flags = {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": False,
        "RestrictPublicBuckets": True,
    }
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=flags)
    why = opened(lab, BUCKET)
    assert why is not None
    assert "BlockPublicPolicy" in why.cause
    s3.delete_public_access_block(Bucket=BUCKET)
    assert opened(lab, BUCKET) is not None


async def test_a_bucket_whose_policy_is_too_wide_is_told() -> None:
    lab = new_lab()
    s3 = lab.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    us = {"AWS": f"arn:aws:iam::{lab.account}:root"}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=document({**READ, "Principal": us}))
    assert opened(lab, BUCKET) is None
    s3.put_bucket_policy(Bucket=BUCKET, Policy=document({**READ, "Action": "s3:*", "Principal": us}))
    why = opened(lab, BUCKET)
    assert why is not None
    assert "s3:*" in why.cause


async def test_a_role_with_more_than_it_needs_is_told() -> None:
    lab = new_lab()
    Host.made(lab, "app-role", READ)
    assert wide_role(lab, "app-role") is None
    iam = lab.client("iam")
    iam.attach_role_policy(RoleName="app-role", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    why = wide_role(lab, "app-role")
    assert why is not None
    assert "AdministratorAccess" in why.cause
    iam.detach_role_policy(RoleName="app-role", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    iam.put_role_policy(RoleName="app-role", PolicyName="more", PolicyDocument=document({**READ, "Resource": "*"}))
    why = wide_role(lab, "app-role")
    assert why is not None
    assert "more" in why.cause
