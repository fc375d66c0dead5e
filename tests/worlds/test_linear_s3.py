"""Sixty-four clients read and write one key at once: there is one order of it all that everybody sees.

"Amazon S3 provides strong read-after-write consistency for PUT and DELETE requests [...] in all AWS Regions":
https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel

The versions of the key are the order of its writes. A history is linear when that order agrees with the clocks of the
clients: no write is placed before one that had ended when it began; a read sees no version that was overwritten
before the read began, none that was written after the read ended, and none older than an earlier read has seen.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from worlds.test_kill import Server

CLIENTS = 64
STEPS = 8
SIZES = (100, 100, 100, 30_000, 1_200_000)
KEY = {"Bucket": "register", "Key": "key"}


@dataclass
class Done:
    """A read or write that ended: which version it was about, and when it began and ended."""

    is_write: bool
    version: str
    began: int
    ended: int


@pytest.fixture
def s3(tmp_path: Path) -> Iterator[Any]:
    server = Server(tmp_path)
    try:
        client = boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{server.port}",
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(max_pool_connections=CLIENTS, retries={"total_max_attempts": 1}, read_timeout=60),
        )
        client.create_bucket(Bucket=KEY["Bucket"])
        enabled = {"Status": "Enabled"}
        client.put_bucket_versioning(Bucket=KEY["Bucket"], VersioningConfiguration=enabled)
        yield client
    finally:
        server.close()


def content(draw: random.Random) -> bytes:
    """Bytes that tell whether they are whole: one byte, again and again."""
    return bytes([draw.randrange(256)]) * draw.choice(SIZES)


def history(s3: Any) -> list[Done]:
    """What the clients have done, each for itself."""
    s3.put_object(**KEY, Body=b"first")

    def work(number: int) -> list[Done]:
        draw, found = random.Random(number), []
        for _ in range(STEPS):
            body, is_write, began = content(draw), draw.random() < 0.4, time.monotonic_ns()
            if is_write:
                version = s3.put_object(**KEY, Body=body)["VersionId"]
            else:
                got = s3.get_object(**KEY)
                version, data = got["VersionId"], got["Body"].read()
                assert data == b"first" or len(data) == got["ContentLength"] == data.count(data[:1])
            found.append(Done(is_write, version, began, time.monotonic_ns()))
        return found

    with ThreadPoolExecutor(CLIENTS) as pool:
        return [each for done in pool.map(work, range(CLIENTS)) for each in done]


def order(s3: Any) -> dict[str, int]:
    """The place of each version, from the oldest on."""
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=KEY["Bucket"])
    newest_first = [each["VersionId"] for page in pages for each in page["Versions"]]
    return {version: place for place, version in enumerate(reversed(newest_first))}


def broken(done: list[Done], places: dict[str, int]) -> str:
    """Why a history is not linear; empty where it is.

    All that ended before something begins has a place that it may not fall behind; a write must come after it.
    """
    ends = sorted(done, key=lambda each: each.ended)
    seen, latest = 0, -1
    for each in sorted(done, key=lambda each: each.began):
        while seen < len(ends) and ends[seen].ended < each.began:
            latest = max(latest, places[ends[seen].version])
            seen += 1
        place = places[each.version]
        if place < latest or (each.is_write and place == latest):
            return (
                f"{'a write' if each.is_write else 'a read'} of version {place} began after version {latest} was seen"
            )
    writes = {each.version: each for each in done if each.is_write}
    for each in done:
        if not each.is_write and each.version in writes and writes[each.version].began > each.ended:
            return f"a read saw version {places[each.version]} before it was written"
    return ""


def test_sixty_four_clients_agree_on_one_order(s3: Any) -> None:
    done = history(s3)
    places = order(s3)
    assert len(places) == 1 + sum(each.is_write for each in done)
    assert broken(done, places) == ""
    overlapping = sum(
        one.began < other.ended and other.began < one.ended for one in done for other in done if one is not other
    )
    assert overlapping > len(done), "nobody met anybody: the test was too slow to say anything"


@pytest.mark.parametrize(
    ("done", "reason"),
    [
        ([Done(True, "b", 0, 1), Done(False, "a", 2, 3)], "a read of version 0 began after version 1"),
        ([Done(True, "b", 0, 1), Done(True, "a", 2, 3)], "a write of version 0 began after version 1"),
        ([Done(False, "b", 0, 1), Done(False, "a", 2, 3)], "a read of version 0 began after version 1"),
        ([Done(False, "b", 0, 1), Done(True, "b", 2, 3)], "version 1"),
        ([Done(True, "b", 0, 5), Done(False, "a", 1, 2), Done(False, "b", 3, 4)], ""),
        ([Done(True, "a", 0, 5), Done(True, "b", 1, 2), Done(False, "b", 6, 7)], ""),
    ],
)
def test_the_check_can_fail(done: list[Done], reason: str) -> None:
    found = broken(done, {"a": 0, "b": 1})
    assert reason in found
    assert bool(found) is bool(reason)
