"""`kill -9` in the middle of uploads: what was acknowledged is there, and whatever is there is whole.

`KILL_SEED` replays the choice of sizes and of when to kill.
"""

from __future__ import annotations

import os
import random
import threading
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from worlds.test_kill import Server

WRITERS = 6
SIZES = (0, 1000, 17_000, 100_000, 1_500_000)


def content(key: str) -> bytes:
    """What is under a key: it begins with its size."""
    draw = random.Random(key)
    return draw.randbytes(draw.choice(SIZES))


def client(server: Server) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{server.port}",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=20),
    )


def uploaded_until_killed(server: Server, seed: int, kill_at: int) -> set[str]:
    """The keys whose uploads were acknowledged before the server died."""
    acknowledged: set[str] = set()
    lock = threading.Lock()

    def upload(writer: int) -> None:
        s3, count = client(server), 0
        while True:
            count += 1
            key = f"{seed}/{writer}/{count}"
            try:
                s3.put_object(Bucket="uploads", Key=key, Body=content(key))
                if count % 7 == 0:
                    s3.delete_object(Bucket="uploads", Key=f"{seed}/{writer}/{count - 3}")
            except (BotoCoreError, ClientError):
                return
            with lock:
                acknowledged.add(key)
                if len(acknowledged) == kill_at:
                    server.kill()

    threads = [threading.Thread(target=upload, args=(writer,)) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return acknowledged


def check_killed(home: Path, seed: int, kill_at: int) -> None:
    server = Server(home)
    try:
        client(server).create_bucket(Bucket="uploads")
        acknowledged = uploaded_until_killed(server, seed, kill_at)
        assert len(acknowledged) >= kill_at
        server.restart()
        s3 = client(server)
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket="uploads")
        there = {entry["Key"]: entry["Size"] for page in pages for entry in page.get("Contents", [])}
        deleted = {key for key in acknowledged if key not in there}
        assert all((int(key.rpartition("/")[2]) + 3) % 7 == 0 for key in deleted), f"seed {seed}: {deleted} are lost"
        assert len(set(there) - acknowledged) <= WRITERS, "no more than was on its way"
        for key, size in there.items():
            body = s3.get_object(Bucket="uploads", Key=key)["Body"].read()
            assert (len(body), body) == (size, content(key)), f"seed {seed}: {key} is not whole"
        kept = [path for path in (home / "data" / "files").rglob("*") if path.is_file()]
        assert len(kept) == sum(size > 16 << 10 for size in there.values()), "a file for each object, and no other"
    finally:
        server.close()


def test_a_killed_server_has_whole_objects_only(tmp_path: Path) -> None:
    seed = int(os.environ.get("KILL_SEED", "1"))
    check_killed(tmp_path, seed, random.Random(seed).randrange(150, 200))


@pytest.mark.slow
@pytest.mark.parametrize("run", range(10))
def test_a_server_killed_ten_times_has_whole_objects_only(run: int, tmp_path: Path) -> None:
    seed = int(os.environ.get("KILL_SEED", "1000")) + run
    check_killed(tmp_path, seed, random.Random(seed).randrange(1, 400))
