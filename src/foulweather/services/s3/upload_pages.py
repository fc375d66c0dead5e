"""Pages of the uploads that are under way."""

from __future__ import annotations

from foulweather.services.s3.records import Upload
from foulweather.services.s3.state import S3State

_LAST = "\U0010ffff"


class UploadPage:
    """A page of uploads; `last` is the key or common prefix that it ends with, `last_id` its upload."""

    __slots__ = ("is_truncated", "last", "last_id", "prefixes", "uploads")

    def __init__(self) -> None:
        self.uploads: list[Upload] = []
        self.prefixes: list[str] = []
        self.is_truncated = False
        self.last = ""
        self.last_id = ""


def uploads_page(
    state: S3State, bucket: str, prefix: str, delimiter: str, key_marker: str, id_marker: str, size: int
) -> UploadPage:
    """The uploads after a marker: of keys after it, and of its own key those that began later than the id's."""
    page = UploadPage()
    found = state.uploads_of.get(bucket)
    if found is None or not size:
        return page
    start: tuple[str, int, str] = (max(prefix, key_marker), 0, "")
    if key_marker and key_marker >= prefix:
        marked = state.uploads.get(id_marker) if id_marker else None
        since = marked.initiated_ms if marked is not None and marked.key == key_marker else 1 << 62
        start = (key_marker, since, marked.id + "\0" if marked is not None else _LAST)
    skipped = ""
    if delimiter and key_marker.startswith(prefix) and key_marker.endswith(delimiter) and key_marker != prefix:
        skipped = key_marker
    for place in found.irange(start):
        key = place[0]
        if not key.startswith(prefix):
            break
        if skipped and key.startswith(skipped):
            continue
        end = key.find(delimiter, len(prefix)) if delimiter else -1
        if len(page.uploads) + len(page.prefixes) >= size:
            page.is_truncated = True
            break
        if end >= 0:
            skipped = key[: end + len(delimiter)]
            page.prefixes.append(skipped)
            page.last, page.last_id = skipped, ""
            continue
        upload = found[place]
        page.uploads.append(upload)
        page.last, page.last_id = key, upload.id
    return page
