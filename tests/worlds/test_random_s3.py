"""S3 against a naive model of it: random writes, deletes, copies, uploads and reads from a seed.

`S3_WORLD_SEED` replays one world.
"""

from __future__ import annotations

import hashlib
import os
import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import new_aws
from services.s3.s3_calls import PART, done, incoming, whole

BUCKET = "the-bucket"
KEYS = ("a", "a/b", "a/c", "b", "é", "z/\U0001f600")


@dataclass
class Kept:
    """A version as the model keeps it; no bytes means a delete marker."""

    id: str
    data: bytes | None
    etag: str = ""


@dataclass
class Model:
    """What S3's user guide says a bucket does, with lists."""

    versioning: str = ""
    versions: dict[str, list[Kept]] = field(default_factory=dict)
    uploads: dict[str, tuple[str, dict[int, bytes]]] = field(default_factory=dict)

    def newest(self, key: str) -> Kept | None:
        found = self.versions.get(key)
        return found[0] if found and found[0].data is not None else None

    def write(self, key: str, kept: Kept) -> None:
        if kept.id == "null":
            self.drop(key, "null")
        self.versions.setdefault(key, []).insert(0, kept)

    def drop(self, key: str, version_id: str) -> None:
        left = [each for each in self.versions.get(key, []) if each.id != version_id]
        if left:
            self.versions[key] = left
        else:
            self.versions.pop(key, None)


class Walk:
    """One world, and the model that it must agree with."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.aws = new_aws(seed=seed)
        self.aws.s3.create_bucket({"Bucket": BUCKET})
        self.model = Model()

    async def step(self) -> None:
        name = self.draw.choices(
            ("put", "delete", "delete_version", "copy", "begin", "part", "complete", "abort", "version", "check"),
            (30, 10, 10, 10, 5, 10, 6, 2, 2, 15),
        )[0]
        await getattr(self, name)()

    def data(self) -> bytes:
        return self.draw.randbytes(self.draw.choice((0, 1, 100, 20_000, 300_000)))

    def body(self, data: bytes) -> dict[str, Any]:
        if not data:
            return {}
        return {"Body": incoming(data) if self.draw.random() < 0.3 else data}

    def condition(self, key: str) -> tuple[dict[str, str], str]:
        """A condition on a write, and the code that it is refused with, if it is."""
        newest = self.model.newest(key)
        kind = self.draw.choice(("", "", "", "none", "match", "other"))
        if kind == "none":
            return {"IfNoneMatch": "*"}, "PreconditionFailed" if newest else ""
        if kind == "match" and newest is not None:
            return {"IfMatch": f'"{newest.etag}"'}, ""
        if kind == "other":
            return {"IfMatch": '"other"'}, "PreconditionFailed" if newest else "NoSuchKey"
        return {}, ""

    async def answered(self, asked: Any, refusal: str) -> dict[str, Any] | None:
        try:
            told = await done(asked())
        except AwsError as error:
            if error.code != refusal:
                raise
            return None
        assert not refusal, f"{refusal} was expected"
        return told

    async def put(self) -> None:
        key, data = self.draw.choice(KEYS), self.data()
        condition, refusal = self.condition(key)
        request = {"Bucket": BUCKET, "Key": key, **self.body(data), **condition}
        told = await self.answered(lambda: self.aws.s3.put_object(request), refusal)
        if told is not None:
            assert told["ETag"] == f'"{hashlib.md5(data).hexdigest()}"'
            self.model.write(key, Kept(self.id_of(told), data, told["ETag"].strip('"')))

    def id_of(self, told: dict[str, Any]) -> str:
        version_id = told.get("VersionId", "null")
        assert (version_id != "null") is (self.model.versioning == "Enabled")
        return version_id

    async def delete(self) -> None:
        key = self.draw.choice(KEYS)
        told = self.aws.s3.delete_object({"Bucket": BUCKET, "Key": key})
        if not self.model.versioning:
            assert told == {}
            self.model.drop(key, "null")
        else:
            self.model.write(key, Kept(self.id_of(told), None))

    async def delete_version(self) -> None:
        key = self.draw.choice(KEYS)
        every = self.model.versions.get(key, [])
        version_id = self.draw.choice([*[each.id for each in every], "null", "x" * 32])
        self.aws.s3.delete_object({"Bucket": BUCKET, "Key": key, "VersionId": version_id})
        self.model.drop(key, version_id)

    async def copy(self) -> None:
        source, key = self.draw.sample(KEYS, 2)
        kept = self.model.newest(source)
        condition, refusal = self.condition(key)
        request = {"Bucket": BUCKET, "Key": key, "CopySource": f"{BUCKET}/{source}", **condition}
        told = await self.answered(lambda: self.aws.s3.copy_object(request), refusal if kept else "NoSuchKey")
        if told is not None and kept is not None:
            self.model.write(key, Kept(self.id_of(told), kept.data, told["CopyObjectResult"]["ETag"].strip('"')))

    async def begin(self) -> None:
        key = self.draw.choice(KEYS)
        told = self.aws.s3.create_multipart_upload({"Bucket": BUCKET, "Key": key})
        self.model.uploads[told["UploadId"]] = (key, {})

    async def part(self) -> None:
        if self.model.uploads:
            upload_id, (key, parts) = self.draw.choice(list(self.model.uploads.items()))
            number, data = self.draw.randint(1, 3), self.data()
            if number < 3 and self.draw.random() < 0.5:
                data += bytes(PART)
            request = {"Bucket": BUCKET, "Key": key, "UploadId": upload_id, "PartNumber": number, **self.body(data)}
            await done(self.aws.s3.upload_part(request))
            parts[number] = data

    async def complete(self) -> None:
        if not self.model.uploads:
            return
        upload_id, (key, parts) = self.draw.choice(list(self.model.uploads.items()))
        condition, refusal = self.condition(key)
        numbers = sorted(parts)
        if not numbers:
            refusal = "MalformedXML"
        elif any(len(parts[number]) < PART for number in numbers[:-1]):
            refusal = "EntityTooSmall"
        listed = [{"PartNumber": each, "ETag": hashlib.md5(parts[each]).hexdigest()} for each in numbers]
        request = {"Bucket": BUCKET, "Key": key, "UploadId": upload_id, "MultipartUpload": {"Parts": listed}}
        told = await self.answered(lambda: self.aws.s3.complete_multipart_upload({**request, **condition}), refusal)
        if told is not None:
            del self.model.uploads[upload_id]
            whole = b"".join([parts[each] for each in numbers])
            self.model.write(key, Kept(self.id_of(told), whole, told["ETag"].strip('"')))

    async def abort(self) -> None:
        if self.model.uploads:
            upload_id, (key, _) = self.draw.choice(list(self.model.uploads.items()))
            self.aws.s3.abort_multipart_upload({"Bucket": BUCKET, "Key": key, "UploadId": upload_id})
            del self.model.uploads[upload_id]

    async def version(self) -> None:
        status = self.draw.choice(("Enabled", "Enabled", "Suspended"))
        self.aws.s3.put_bucket_versioning({"Bucket": BUCKET, "VersioningConfiguration": {"Status": status}})
        self.model.versioning = status

    async def check(self) -> None:
        """Compare everything that can be asked."""
        await self.aws.advance(seconds=1)
        for key in KEYS:
            kept = self.model.newest(key)
            request = {"Bucket": BUCKET, "Key": key}
            found = await self.answered(
                lambda asked=request: self.aws.s3.get_object(asked), "" if kept else "NoSuchKey"
            )
            if found is not None and kept is not None:
                assert (await whole(found["Body"]), found["ETag"]) == (kept.data, f'"{kept.etag}"')
                if kept.data:
                    start = self.draw.randrange(len(kept.data))
                    part = self.aws.s3.get_object({**request, "Range": f"bytes={start}-"})
                    assert await whole(part["Body"]) == kept.data[start:]
        listed = self.aws.s3.list_objects_v2({"Bucket": BUCKET}).get("Contents", [])
        there = [(key, self.model.newest(key)) for key in sorted(self.model.versions)]
        assert [(each["Key"], each["Size"]) for each in listed] == [
            (key, len(kept.data or b"")) for key, kept in there if kept is not None
        ]
        assert self.listed_versions() == [
            (key, each.id, place == 0, each.data is None)
            for key in sorted(self.model.versions)
            for place, each in enumerate(self.model.versions[key])
        ]
        sizes = [each.data for every in self.model.versions.values() for each in every if each.data is not None]
        large = sum(len(data) > 16 << 10 for data in sizes)
        large += sum(len(data) > 16 << 10 for _, parts in self.model.uploads.values() for data in parts.values())
        assert len(self.aws.world.files.places()) >= large

    def listed_versions(self) -> list[tuple[str, str, bool, bool]]:
        seen: list[tuple[str, str, bool, bool]] = []
        more: dict[str, Any] = {}
        while True:
            page = self.aws.s3.list_object_versions({"Bucket": BUCKET, "MaxKeys": self.draw.randint(1, 9), **more})
            found = [(each, False) for each in page.get("Versions", [])]
            found += [(each, True) for each in page.get("DeleteMarkers", [])]
            ids = {key: [each.id for each in every] for key, every in self.model.versions.items()}
            entries = [(each["Key"], each["VersionId"], each["IsLatest"], gone) for each, gone in found]
            entries.sort(key=lambda entry: (entry[0], ids[entry[0]].index(entry[1])))
            seen += entries
            if not page["IsTruncated"]:
                return seen
            more = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}

    async def end(self) -> None:
        """Delete everything: nothing stays behind."""
        for upload_id, (key, _) in self.model.uploads.items():
            self.aws.s3.abort_multipart_upload({"Bucket": BUCKET, "Key": key, "UploadId": upload_id})
        for key, every in self.model.versions.items():
            for each in every:
                self.aws.s3.delete_object({"Bucket": BUCKET, "Key": key, "VersionId": each.id})
        self.aws.s3.delete_bucket({"Bucket": BUCKET})
        assert not self.aws.world.files.places()


async def walked(seed: int, steps: int) -> None:
    walk = Walk(seed)
    try:
        for _ in range(steps):
            await walk.step()
        await walk.check()
        await walk.end()
    except BaseException as error:
        error.add_note(f"S3_WORLD_SEED={seed}")
        raise
    finally:
        walk.aws.world.close()


SEEDS = [int(os.environ["S3_WORLD_SEED"])] if "S3_WORLD_SEED" in os.environ else range(8)


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_random_bucket_is_what_the_model_says(seed: int) -> None:
    await walked(seed, 150)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1300))
async def test_three_hundred_random_buckets_are_what_the_model_says(seed: int) -> None:
    await walked(seed, 500)
