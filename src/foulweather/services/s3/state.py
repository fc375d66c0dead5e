"""The buckets of a world and what is in them, sorted as S3 lists it: by the bytes of the keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sortedcontainers import SortedDict, SortedList

from foulweather.services.s3.records import Bucket, Part, Upload, Version
from foulweather.world.store import State, table

if TYPE_CHECKING:
    from foulweather.kernel.call import Call
    from foulweather.world.files import Files


class Shelf:
    """What is in one bucket: the versions of each key, the newest first. Derived from the rows.

    Python orders strings by code points, which is the order of their bytes in UTF-8.
    """

    __slots__ = ("_versions", "bytes", "keys")

    def __init__(self) -> None:
        self.keys: SortedList[str] = SortedList()
        self._versions: dict[str, list[Version]] = {}
        self.bytes = 0

    def __len__(self) -> int:
        return len(self.keys)

    def versions(self, key: str) -> list[Version]:
        """Every version of a key, the newest first; not to be changed."""
        return self._versions.get(key, [])

    def newest(self, key: str) -> Version | None:
        """The newest version of a key, which may be a delete marker."""
        found = self._versions.get(key)
        return found[0] if found else None

    def find(self, key: str, version_id: str) -> Version | None:
        """One version of a key."""
        for version in self._versions.get(key, ()):
            if version.id == version_id:
                return version
        return None

    def keys_from(self, start: str, *, inclusive: bool = True) -> Iterator[str]:
        """The keys from (or after) a place on, in S3's order."""
        return self.keys.irange(start, inclusive=(inclusive, True))

    def add(self, version: Version) -> None:
        """Put a version on the shelf, by its age."""
        found = self._versions.get(version.key)
        if found is None:
            self._versions[version.key] = [version]
            self.keys.add(version.key)
        else:
            place = 0
            while place < len(found) and found[place].sequence > version.sequence:
                place += 1
            found.insert(place, version)
        self.bytes += version.size

    def remove(self, version: Version) -> None:
        """Take a version off the shelf."""
        found = self._versions[version.key]
        found.remove(version)
        if not found:
            del self._versions[version.key]
            self.keys.remove(version.key)
        self.bytes -= version.size

    def swap(self, before: Version, version: Version) -> None:
        """Put a version in the place of one of the same key that leaves."""
        found = self._versions[version.key]
        if len(found) == 1:  # of a bucket without versioning: the key stays where it is
            found[0] = version
            self.bytes += version.size - before.size
        else:
            self.remove(before)
            self.add(version)


class Watch:
    """What happens to a key while a conditional write to it is under way."""

    __slots__ = ("was_deleted",)

    def __init__(self) -> None:
        self.was_deleted = False


class S3State(State):
    """All of S3 in a world: names of buckets are unique in all accounts and regions."""

    scope = "world"
    buckets = table(Bucket)
    versions_by_sequence = table(Version)
    uploads = table(Upload)
    parts = table(Part)

    def opened(self) -> None:
        """Shelve what is there."""
        self.shelves: dict[str, Shelf] = {name: Shelf() for name in self.buckets}
        self.uploads_of: dict[str, SortedDict[tuple[str, int, str], Upload]] = {}
        self.parts_of: dict[str, SortedDict[int, Part]] = {upload_id: SortedDict() for upload_id in self.uploads}
        self._watches: dict[tuple[str, str], list[Watch]] = {}
        self._last_sequence = 0
        for version in self.versions_by_sequence.values():
            self.shelves[version.bucket].add(version)
            self._last_sequence = max(self._last_sequence, version.sequence)
        for upload in self.uploads.values():
            self._list_upload(upload)
        for key, part in self.parts.items():
            self.parts_of[key.rpartition("/")[0]][part.number] = part

    # --- buckets

    def add_bucket(self, bucket: Bucket) -> None:
        """Create a bucket."""
        self.buckets.put(bucket.name, bucket)
        self.shelves[bucket.name] = Shelf()

    def remove_bucket(self, name: str) -> None:
        """Delete a bucket that is empty."""
        self.buckets.delete(name)
        del self.shelves[name]
        self.uploads_of.pop(name, None)

    def uploads_in(self, bucket: str) -> list[Upload]:
        """The uploads under way to a bucket, by key, then by age."""
        found = self.uploads_of.get(bucket)
        return list(found.values()) if found is not None else []

    # --- versions

    def next_sequence(self) -> int:
        """The age of the next version."""
        self._last_sequence += 1
        return self._last_sequence

    def add_version(self, version: Version) -> None:
        """Make a version the newest of its key."""
        self.versions_by_sequence.put(str(version.sequence), version)
        self.shelves[version.bucket].add(version)

    def touch_version(self, version: Version) -> None:
        """Have a version that was changed in place (its tags, its lock) written."""
        self.versions_by_sequence.touch(str(version.sequence))

    def remove_version(self, version: Version, files: Files) -> None:
        """Delete a version for good, with its bytes."""
        self.versions_by_sequence.delete(str(version.sequence))
        self.shelves[version.bucket].remove(version)
        for segment in version.segments:
            files.delete(segment.file)

    def replace_version(self, before: Version, version: Version, files: Files) -> None:
        """Make a version the newest of its key, and delete the one that it replaces for good."""
        self.versions_by_sequence.delete(str(before.sequence))
        self.versions_by_sequence.put(str(version.sequence), version)
        self.shelves[version.bucket].swap(before, version)
        for segment in before.segments:
            files.delete(segment.file)

    # --- conditional writes under way

    def watch(self, bucket: str, key: str) -> Watch:
        """Begin to watch a key."""
        watch = Watch()
        self._watches.setdefault((bucket, key), []).append(watch)
        return watch

    def unwatch(self, bucket: str, key: str, watch: Watch) -> None:
        """Watch no more."""
        watches = self._watches[bucket, key]
        watches.remove(watch)
        if not watches:
            del self._watches[bucket, key]

    def note_deleted(self, bucket: str, key: str) -> None:
        """Tell whoever watches a key that its object is deleted."""
        if self._watches:
            for watch in self._watches.get((bucket, key), ()):
                watch.was_deleted = True

    # --- uploads under way

    def add_upload(self, upload: Upload) -> None:
        """Begin an upload."""
        self.uploads.put(upload.id, upload)
        self.parts_of[upload.id] = SortedDict()
        self._list_upload(upload)

    def add_part(self, upload: Upload, part: Part, files: Files) -> None:
        """Take in a part; one of the same number is replaced."""
        before = self.parts_of[upload.id].get(part.number)
        if before is not None:
            _delete_bytes(before, files)
        self.parts.put(f"{upload.id}/{part.number}", part)
        self.parts_of[upload.id][part.number] = part

    def remove_upload(self, upload: Upload, files: Files, *, kept: frozenset[int] = frozenset()) -> None:
        """End an upload; the bytes of its parts go with it, but for those `kept` in the finished object."""
        for number, part in self.parts_of.pop(upload.id).items():
            self.parts.delete(f"{upload.id}/{number}")
            if number not in kept:
                _delete_bytes(part, files)
        self.uploads.delete(upload.id)
        del self.uploads_of[upload.bucket][_place(upload)]

    def end_upload(self, call: Call, upload: Upload, *, kept: frozenset[int] = frozenset()) -> None:
        """End an upload, and tell the bill what its parts were."""
        size = sum(part.size for part in self.parts_of[upload.id].values())
        self.remove_upload(upload, call.world.files, kept=kept)
        arn = f"arn:aws:s3:::{upload.bucket}/{upload.key}"
        call.happened("s3.UploadEnded", arn, bucket=upload.bucket, upload=upload.id, size=size)

    def _list_upload(self, upload: Upload) -> None:
        self.uploads_of.setdefault(upload.bucket, SortedDict())[_place(upload)] = upload


def _place(upload: Upload) -> tuple[str, int, str]:
    return upload.key, upload.initiated_ms, upload.id


def _delete_bytes(part: Part, files: Files) -> None:
    for segment in part.segments:
        files.delete(segment.file)
