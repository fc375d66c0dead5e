from __future__ import annotations

import signal
import time
from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.kernel.java_patterns import EXPONENTIAL, compiled, satisfies
from foulweather.kernel.model import ServiceModel, catalogue
from foulweather.kernel.validation import check, common_code, coral_error

UNCOMPILABLE = {
    r"([\p{L}\p{Z}\p{N}_.:\/=+\-@]*)${1,128}",
    r"([\p{L}\p{Z}\p{N}_.:\/=+\-@]*)${1,256}",
    r"[\p{Print}&&[^|:/]]+",
    r"[^-A-Za-z0-9+/=]|=[^=]|={3,}${1,4096}",
    r"^(?![^:\\]*/action/|(?i).*<script>.*</script>.*)[^:\\]+$",
    r"^(?i)(true|false)$",
    r"^[-_a-zA-Z0-9]*${2,64}$",
    r"^arn:\S+:rbin:[a-z\-0-9]{0,63}:[0-9]{12}:rule/[0-9a-zA-Z]{11}{0,1011}$",
}
"""The patterns of all models that Python cannot say; they are not checked."""


def refusal(service: str, operation: str, request: dict[str, Any]) -> AwsError:
    model = ServiceModel.load(service).operation(operation)
    violations = check(model, request)
    assert violations
    return coral_error(violations, code=common_code(model))


def test_a_request_that_keeps_to_the_model_has_no_violations() -> None:
    model = ServiceModel.load("iam").operation("CreateUser")
    assert check(model, {"UserName": "alice", "Tags": [{"Key": "team", "Value": "blau grün"}]}) == []


def test_a_missing_member_is_null() -> None:
    error = refusal("iam", "CreateUser", {})
    assert error.code == "ValidationError"
    assert error.status == 400
    assert error.message == (
        "1 validation error detected: Value null at 'userName' failed to satisfy constraint: Member must not be null"
    )


def test_json_services_have_another_code() -> None:
    assert refusal("kms", "DescribeKey", {}).code == "ValidationException"


def test_a_long_value() -> None:
    name = "x" * 65
    assert refusal("iam", "CreateUser", {"UserName": name}).message == (
        f"1 validation error detected: Value '{name}' at 'userName' failed to satisfy constraint: "
        "Member must have length less than or equal to 64"
    )


def test_a_pattern() -> None:
    assert refusal("iam", "CreateUser", {"UserName": "a b"}).message == (
        "1 validation error detected: Value 'a b' at 'userName' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [\w+=,.@-]+"
    )


def test_a_number_out_of_range() -> None:
    assert refusal("iam", "ListUsers", {"MaxItems": 0}).message == (
        "1 validation error detected: Value '0' at 'maxItems' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1"
    )


def test_an_enum_and_several_violations_are_joined() -> None:
    request = {"KeySchema": [{"AttributeName": "", "KeyType": "SORT"}], "AttributeDefinitions": [], "TableName": "t"}
    assert refusal("dynamodb", "CreateTable", request).message == (
        "2 validation errors detected: Value '' at 'keySchema.1.member.attributeName' failed to satisfy "
        "constraint: Member must have length greater than or equal to 1; Value 'SORT' at "
        "'keySchema.1.member.keyType' failed to satisfy constraint: Member must satisfy enum value set: "
        "[HASH, RANGE]"
    )


def test_enums_are_left_alone_on_demand() -> None:
    model = ServiceModel.load("dynamodb").operation("CreateTable")
    request = {"KeySchema": [{"AttributeName": "a", "KeyType": "SORT"}], "AttributeDefinitions": [], "TableName": "t"}
    assert check(model, request, enums=False) == []
    assert len(check(model, request)) == 1


def test_a_map_is_named_by_its_key() -> None:
    assert (
        "at 'requestItems.t.member.keys'"
        in refusal("dynamodb", "BatchGetItem", {"RequestItems": {"t": {"Keys": []}}}).message
    )


def test_a_collection_of_scalars_is_refused_as_a_whole() -> None:
    assert refusal("kms", "UntagResource", {"KeyId": "k", "TagKeys": ["a", ""]}).message == (
        "1 validation error detected: Value '[a, ]' at 'tagKeys' failed to satisfy constraint: Member must satisfy "
        "constraint: [Member must have length less than or equal to 128, Member must have length greater than or "
        "equal to 1]"
    )


def test_a_sensitive_value_is_not_repeated() -> None:
    error = refusal("iam", "CreateLoginProfile", {"UserName": "a", "Password": "geheim" * 100})
    assert "geheim" not in error.message
    assert "Value at 'password' failed" in error.message
    assert "geheim" not in repr(error.why)


def test_the_refusal_says_why() -> None:
    fact = refusal("iam", "CreateUser", {"UserName": "a b"}).why.facts[0]
    assert (fact.property, fact.value) == ("userName", "a b")


def test_very_deep_requests_are_refused_not_fatal() -> None:
    value: dict[str, Any] = {"S": "x"}
    for _ in range(5000):
        value = {"M": {"a": value}}
    model = ServiceModel.load("dynamodb").operation("PutItem")
    with pytest.raises(AwsError):
        check(model, {"TableName": "t", "Item": {"a": value}})


def all_patterns() -> set[str]:
    return {
        shape["pattern"]
        for service in catalogue()
        for shape in ServiceModel.load(service).shapes.values()
        if shape.get("pattern")
    }


def test_the_patterns_that_are_not_checked_are_known() -> None:
    patterns = all_patterns()
    assert patterns >= EXPONENTIAL
    # Those with large classes take long to compile, so only the likely failures are tried here.
    suspicious = {
        each for each in patterns if any(sign in each for sign in ("&&", "}{", "${", "(?i", "\\p", "-_", "\\u"))
    }
    assert {each for each in suspicious if compiled(each) is None} - EXPONENTIAL == UNCOMPILABLE


@pytest.mark.slow
def test_every_other_pattern_compiles() -> None:
    assert {each for each in all_patterns() if compiled(each) is None} == UNCOMPILABLE | EXPONENTIAL


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a CPU timer")
def test_no_pattern_takes_for_ever() -> None:
    seeds = ["a", "0", "A", "-", "a-", "a.", "a/", " ", "a ", "_", "/a", "a,", "a:", ".", "=", "1.", ":"]
    for each in sorted(all_patterns()):
        pattern = compiled(each)
        if pattern is None:
            continue
        began = time.process_time()
        for seed in seeds:
            for prefix in ("", "/", "https://", "arn:aws:iam::123456789012:"):
                pattern.fullmatch(prefix + (seed * 22)[:22] + "\n\x00!")
        assert time.process_time() - began < 2, each


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", "grün 漢字 9", "a!"),
        (r"\P{C}*", "abc", "a\x07"),
        (r"[^\p{C}]*", "abc", "a\x07"),
        (r"\p{ASCII}{0,4}", "ab~", "ä"),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*", "a\U0001f600", "\x00"),
        (r"[\w-_]*", "a-b_", "a b"),
        (r"\w+", "abc", "ä"),
        (r"\Asnap-[0-9a-f]{8}\z", "snap-01234567", "snap-0123456g"),
        (r"\p{XDigit}{2}", "aF", "ag"),
        (r"[\p{Upper}\p{Digit}_]+", "A_9", "a"),
        (r"[a\x{60}-]+", "a`-", "b"),
        (r"[a-z[|~]+", "a[|~", "A"),
    ],
)
def test_javas_patterns_mean_what_they_mean_in_java(pattern: str, good: str, bad: str) -> None:
    runnable = compiled(pattern)
    assert runnable is not None
    assert satisfies(runnable, good)
    assert not satisfies(runnable, bad)
