"""Versions, null versions and delete markers."""

from __future__ import annotations

import pytest

from harness import Aws
from services.s3.s3_calls import BUCKET, body_of, get, keys, new_bucket, put, refused


@pytest.fixture
def s3(aws: Aws) -> Aws:
    new_bucket(aws, versioning="Enabled")
    return aws


def delete(aws: Aws, key: str, **more: object) -> dict[str, object]:
    return aws.s3.delete_object({"Bucket": BUCKET, "Key": key, **more})


def listed(aws: Aws) -> list[tuple[str, str, bool]]:
    found = aws.s3.list_object_versions({"Bucket": BUCKET})
    every = [*found.get("Versions", []), *found.get("DeleteMarkers", [])]
    return [(each["Key"], each["VersionId"], each["IsLatest"]) for each in every]


def suspend(aws: Aws) -> None:
    aws.s3.put_bucket_versioning({"Bucket": BUCKET, "VersioningConfiguration": {"Status": "Suspended"}})


def test_every_version_is_kept_and_read_by_its_id(s3: Aws) -> None:
    first = put(s3, "a", b"1")["VersionId"]
    second = put(s3, "a", b"2")["VersionId"]
    assert first != second
    assert body_of(s3, "a") == b"2"
    assert body_of(s3, "a", VersionId=first) == b"1"
    assert get(s3, "a", VersionId=first)["VersionId"] == first
    assert listed(s3) == [("a", second, True), ("a", first, False)]


def test_a_delete_marker_hides_and_can_be_deleted(s3: Aws) -> None:
    version = put(s3, "a", b"1")["VersionId"]
    told = delete(s3, "a")
    assert told["DeleteMarker"] is True
    error = refused(s3.s3.get_object, {"Bucket": BUCKET, "Key": "a"})
    assert (error.code, error.status) == ("NoSuchKey", 404)
    assert dict(error.headers) == {"x-amz-delete-marker": "true", "x-amz-version-id": told["VersionId"]}
    assert keys(s3.s3.list_objects_v2({"Bucket": BUCKET})) == []
    error = refused(s3.s3.get_object, {"Bucket": BUCKET, "Key": "a", "VersionId": told["VersionId"]})
    assert (error.code, error.status) == ("MethodNotAllowed", 405)
    assert dict(error.headers).keys() >= {"x-amz-delete-marker", "Last-Modified", "Allow"}
    assert body_of(s3, "a", VersionId=version) == b"1"
    assert delete(s3, "a", VersionId=told["VersionId"]) == {"DeleteMarker": True, "VersionId": told["VersionId"]}
    assert body_of(s3, "a") == b"1"


def test_a_version_deleted_by_id_is_gone(s3: Aws) -> None:
    first = put(s3, "a", b"1" * 50_000)["VersionId"]
    put(s3, "a", b"2")
    assert delete(s3, "a", VersionId=first) == {"VersionId": first}
    assert delete(s3, "a", VersionId=first) == {"VersionId": first}, "deleting again succeeds"
    error = refused(s3.s3.get_object, {"Bucket": BUCKET, "Key": "a", "VersionId": first})
    assert (error.code, error.status, error.members) == ("NoSuchVersion", 404, {"Key": "a", "VersionId": first})
    assert not s3.world.files.places()


@pytest.mark.parametrize("version_id", ["", "short", "not a version id at all"])
def test_an_id_that_is_none_is_refused(s3: Aws, version_id: str) -> None:
    put(s3, "a")
    error = refused(s3.s3.get_object, {"Bucket": BUCKET, "Key": "a", "VersionId": version_id})
    assert (error.code, error.status) == ("InvalidArgument", 400)


def test_what_was_there_before_versioning_is_the_null_version(aws: Aws) -> None:
    new_bucket(aws)
    put(aws, "a", b"old")
    assert "VersionId" not in get(aws, "a")
    aws.s3.put_bucket_versioning({"Bucket": BUCKET, "VersioningConfiguration": {"Status": "Enabled"}})
    assert get(aws, "a")["VersionId"] == "null"
    new = put(aws, "a", b"new")["VersionId"]
    assert listed(aws) == [("a", new, True), ("a", "null", False)]
    assert body_of(aws, "a", VersionId="null") == b"old"


def test_while_suspended_only_the_null_version_is_replaced(s3: Aws) -> None:
    kept = put(s3, "a", b"kept")["VersionId"]
    suspend(s3)
    assert "VersionId" not in put(s3, "a", b"null 1")
    put(s3, "a", b"null 2")
    assert listed(s3) == [("a", "null", True), ("a", kept, False)]
    assert body_of(s3, "a") == b"null 2"
    assert delete(s3, "a") == {"DeleteMarker": True, "VersionId": "null"}
    assert listed(s3) == [("a", kept, False), ("a", "null", True)], "the null marker took the null version's place"
    put(s3, "a", b"null 3")
    assert listed(s3) == [("a", "null", True), ("a", kept, False)]


def test_versioning_is_never_taken_off(s3: Aws) -> None:
    for wrong in ({}, {"Status": "Off"}):
        error = refused(s3.s3.put_bucket_versioning, {"Bucket": BUCKET, "VersioningConfiguration": wrong})
        assert error.code in ("IllegalVersioningConfigurationException", "MalformedXML")
    suspend(s3)
    assert s3.s3.get_bucket_versioning({"Bucket": BUCKET}) == {"Status": "Suspended"}


def test_a_bucket_that_never_had_versioning_has_no_status(aws: Aws) -> None:
    new_bucket(aws)
    assert aws.s3.get_bucket_versioning({"Bucket": BUCKET}) == {}
    put(aws, "a")
    assert delete(aws, "a") == {}
    assert delete(aws, "a") == {}, "deleting nothing succeeds"
    assert delete(aws, "a", VersionId="null") == {}


class TestManyAtOnce:
    def test_each_is_told(self, s3: Aws) -> None:
        version = put(s3, "a")["VersionId"]
        put(s3, "b")
        asked = [{"Key": "a", "VersionId": version}, {"Key": "b"}, {"Key": "c"}]
        told = s3.s3.delete_objects({"Bucket": BUCKET, "Delete": {"Objects": asked}})
        assert [each["Key"] for each in told["Deleted"]] == ["a", "b", "c"]
        assert told["Deleted"][0] == {"Key": "a", "VersionId": version}
        assert told["Deleted"][1]["DeleteMarker"] is True
        assert "Errors" not in told

    def test_quiet_tells_of_errors_only(self, s3: Aws) -> None:
        put(s3, "a")
        asked = {"Quiet": True, "Objects": [{"Key": "a"}, {"Key": "b", "VersionId": "bad"}, {"Key": ""}]}
        told = s3.s3.delete_objects({"Bucket": BUCKET, "Delete": asked})
        assert "Deleted" not in told
        assert [(each["Key"], each["Code"]) for each in told["Errors"]] == [
            ("b", "InvalidArgument"),
            ("", "UserKeyMustBeSpecified"),
        ]

    def test_a_thousand_and_no_more(self, s3: Aws) -> None:
        for count in (0, 1001):
            asked = {"Bucket": BUCKET, "Delete": {"Objects": [{"Key": str(n)} for n in range(count)]}}
            assert refused(s3.s3.delete_objects, asked).code == "MalformedXML"

    def test_conditions_hold_for_each(self, s3: Aws) -> None:
        etag = put(s3, "a")["ETag"]
        asked = [{"Key": "a", "ETag": '"other"'}, {"Key": "a", "ETag": etag}]
        told = s3.s3.delete_objects({"Bucket": BUCKET, "Delete": {"Objects": asked}})
        assert [each["Code"] for each in told["Errors"]] == ["PreconditionFailed"]
        assert [each["Key"] for each in told["Deleted"]] == ["a"]


def test_conditional_deletes(s3: Aws) -> None:
    etag = put(s3, "a")["ETag"]
    assert refused(s3.s3.delete_object, {"Bucket": BUCKET, "Key": "a", "IfMatch": '"other"'}).status == 412
    assert refused(s3.s3.delete_object, {"Bucket": BUCKET, "Key": "b", "IfMatch": "*"}).status == 412
    delete(s3, "a", IfMatch=etag)
    error = refused(s3.s3.delete_object, {"Bucket": BUCKET, "Key": "a", "IfMatchSize": 1})
    assert (error.code, error.status) == ("NotImplemented", 501)


def test_mfa_delete_takes_a_code(s3: Aws) -> None:
    asked = {"Bucket": BUCKET, "VersioningConfiguration": {"Status": "Enabled", "MFADelete": "Enabled"}}
    error = refused(s3.s3.put_bucket_versioning, asked)
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert "Mfa Authentication" in error.message
