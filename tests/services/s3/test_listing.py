"""Listings: order, prefixes, delimiters, pages."""

from __future__ import annotations

import random
import time

import pytest

from foulweather.services.s3.pages import newest_page
from foulweather.services.s3.state import S3State
from harness import Aws
from services.s3.s3_calls import BUCKET, keys, new_bucket, prefixes, put, refused


@pytest.fixture
def s3(aws: Aws) -> Aws:
    new_bucket(aws)
    return aws


def fill(aws: Aws, *names: str) -> None:
    for name in names:
        put(aws, name)


def v2(aws: Aws, **more: object) -> dict[str, object]:
    return aws.s3.list_objects_v2({"Bucket": BUCKET, **more})


def v1(aws: Aws, **more: object) -> dict[str, object]:
    return aws.s3.list_objects({"Bucket": BUCKET, **more})


def test_keys_are_in_the_order_of_their_bytes(s3: Aws) -> None:
    names = ["a", "B", "é", "\uffee", "\U0001f600", "z", "a/b", "a b", "Ā"]
    fill(s3, *names)
    assert keys(v2(s3)) == sorted(names, key=str.encode)


def test_a_delimiter_gathers_common_prefixes(s3: Aws) -> None:
    fill(s3, "boo/bar", "boo/baz/xyzzy", "cquux/thud", "asdf")
    assert (keys(v2(s3, Delimiter="/")), prefixes(v2(s3, Delimiter="/"))) == (["asdf"], ["boo/", "cquux/"])
    found = v2(s3, Delimiter="/", Prefix="boo/")
    assert (keys(found), prefixes(found), found["KeyCount"]) == (["boo/bar"], ["boo/baz/"], 2)
    found = v2(s3, Delimiter="az")
    assert (keys(found), prefixes(found)) == (["asdf", "boo/bar", "cquux/thud"], ["boo/baz"])


def test_pages_go_on_where_the_last_one_ended(s3: Aws) -> None:
    fill(s3, "asdf", "boo/bar", "boo/baz/xyzzy", "cquux/bla", "cquux/thud", "d")
    seen: list[str] = []
    more: dict[str, object] = {}
    for _ in range(4):
        page = v2(s3, Delimiter="/", MaxKeys=1, **more)
        seen += [*keys(page), *prefixes(page)]
        assert page["IsTruncated"] is (len(seen) < 4)
        more = {"ContinuationToken": page.get("NextContinuationToken")}
    assert seen == ["asdf", "boo/", "cquux/", "d"]
    seen, marker = [], ""
    for _ in range(4):
        page = v1(s3, Delimiter="/", MaxKeys=1, Marker=marker)
        seen += [*keys(page), *prefixes(page)]
        marker = page.get("NextMarker", "")
    assert seen == ["asdf", "boo/", "cquux/", "d"]
    assert "NextMarker" not in v1(s3, MaxKeys=1), "without a delimiter the last key is the marker"


def test_start_after_and_markers_name_keys_that_need_not_be(s3: Aws) -> None:
    fill(s3, "a", "b", "c")
    assert keys(v2(s3, StartAfter="a")) == ["b", "c"]
    assert keys(v2(s3, StartAfter="aa")) == ["b", "c"]
    assert keys(v1(s3, Marker="b")) == ["c"]
    assert keys(v1(s3, Marker="zz")) == []
    assert keys(v2(s3, Prefix="b", StartAfter="c")) == []
    assert keys(v2(s3, Prefix="b", StartAfter="a")) == ["b"]


@pytest.mark.parametrize("wrong", [{"MaxKeys": -1}, {"ContinuationToken": "?"}, {"EncodingType": "base64"}])
def test_arguments_that_make_no_sense_are_refused(s3: Aws, wrong: dict[str, object]) -> None:
    error = refused(s3.s3.list_objects_v2, {"Bucket": BUCKET, **wrong})
    assert (error.code, error.status) == ("InvalidArgument", 400)
    assert error.members["ArgumentName"]


def test_nothing_is_listed_of_nothing(s3: Aws) -> None:
    fill(s3, "a")
    found = v2(s3, MaxKeys=0)
    assert (keys(found), found["IsTruncated"], found["MaxKeys"]) == ([], False, 0)
    assert v2(s3, MaxKeys=5000)["MaxKeys"] == 1000


def test_keys_are_percent_encoded_where_asked(s3: Aws) -> None:
    fill(s3, "a b/c+d", "e&f")
    found = v2(s3, EncodingType="url", Delimiter="/")
    assert (keys(found), prefixes(found)) == (["e%26f"], ["a+b/"])
    assert found["EncodingType"] == "url"
    assert keys(v2(s3)) == ["a b/c+d", "e&f"]


def test_owners_are_told_where_asked(s3: Aws) -> None:
    fill(s3, "a")
    assert "Owner" not in v2(s3)["Contents"][0]
    assert v2(s3, FetchOwner=True)["Contents"][0]["Owner"]["ID"]
    assert v1(s3)["Contents"][0]["Owner"]["ID"]


class TestVersions:
    def test_pages_may_end_between_two_versions(self, aws: Aws) -> None:
        new_bucket(aws, versioning="Enabled")
        written = [(key, put(aws, key)["VersionId"]) for key in ("a", "b", "b", "b", "c/1", "c/2", "d")]
        seen: list[tuple[str, str]] = []
        more: dict[str, object] = {}
        for _ in range(10):
            page = aws.s3.list_object_versions({"Bucket": BUCKET, "MaxKeys": 2, **more})
            seen += [(each["Key"], each["VersionId"]) for each in page["Versions"]]
            if not page["IsTruncated"]:
                break
            more = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
        assert sorted(seen) == sorted(written)
        assert [key for key, _ in seen] == ["a", "b", "b", "b", "c/1", "c/2", "d"]
        found = aws.s3.list_object_versions({"Bucket": BUCKET, "Delimiter": "/", "KeyMarker": "b"})
        assert (keys(found, "Versions"), prefixes(found)) == (["d"], ["c/"])
        found = aws.s3.list_object_versions({"Bucket": BUCKET, "Delimiter": "/", "KeyMarker": "c/"})
        assert (keys(found, "Versions"), prefixes(found)) == (["d"], [])

    def test_a_marker_of_a_version_needs_its_key(self, s3: Aws) -> None:
        for wrong in ({"VersionIdMarker": "null"}, {"KeyMarker": "a", "VersionIdMarker": ""}):
            assert refused(s3.s3.list_object_versions, {"Bucket": BUCKET, **wrong}).code == "InvalidArgument"


def naive(names: list[str], prefix: str, delimiter: str, marker: str, size: int) -> tuple[list[str], list[str], bool]:
    """A page by its definition, over all keys."""
    items: list[tuple[str, bool]] = []
    for name in sorted(names, key=str.encode):
        if not name.startswith(prefix):
            continue
        end = name.find(delimiter, len(prefix)) if delimiter else -1
        item = (name[: end + len(delimiter)], True) if end >= 0 else (name, False)
        if item[1] and item[0] == marker:
            continue
        if name > marker and item not in items:
            items.append(item)
    page = items[:size]
    found = [name for name, is_prefix in page if not is_prefix], [name for name, is_prefix in page if is_prefix]
    return *found, bool(size) and len(items) > size


@pytest.mark.parametrize("seed", range(30))
def test_pages_are_what_a_naive_lister_gives(s3: Aws, seed: int) -> None:
    draw = random.Random(seed)
    letters = "ab/\U0010ffffé"
    names = {"".join(draw.choices(letters, k=draw.randint(1, 6))) for _ in range(60)}
    fill(s3, *names)
    shelf = s3.world.state(S3State).shelves[BUCKET]
    for _ in range(60):
        prefix = "".join(draw.choices(letters, k=draw.choice((0, 0, 1, 2))))
        delimiter = draw.choice(("", "/", "/", "a", "ab"))
        marker = draw.choice(("", *names, "".join(draw.choices(letters, k=3))))
        size = draw.randint(0, 12)
        page = newest_page(shelf, prefix, delimiter, marker, size)
        found = [version.key for version in page.versions], page.prefixes, page.is_truncated
        assert found == naive(list(names), prefix, delimiter, marker, size), (prefix, delimiter, marker, size)


def test_listing_costs_what_it_lists_and_not_what_the_bucket_holds(s3: Aws) -> None:
    shelf = s3.world.state(S3State).shelves[BUCKET]
    put(s3, "template")
    template = shelf.newest("template")
    assert template is not None
    for n in range(50_000):
        shelf._versions[f"{n % 5}/{n:06}"] = [template]
    shelf.keys.update([f"{n % 5}/{n:06}" for n in range(50_000)])
    began = time.perf_counter()
    for _ in range(50):
        page = newest_page(shelf, "", "/", "", 1000)
    spent = time.perf_counter() - began
    assert page.prefixes == [f"{n}/" for n in range(5)]
    assert spent < 0.25, f"{spent / 50 * 1000:.2f} ms for six entries of 50,000 keys"
