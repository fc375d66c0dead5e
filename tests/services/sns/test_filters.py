"""Every operator of filter policies, by the examples of AWS's pages."""

from __future__ import annotations

import json

import pytest

from foulweather.services.sns.filter_grammar import FilterSyntax
from foulweather.services.sns.filters import Unreadable, attribute_values, body_values, compiled
from foulweather.services.sns.state import Attribute

ABSENT = "absent"


def attribute(value) -> Attribute:
    if isinstance(value, list):
        return Attribute("String.Array", json.dumps(value))
    if isinstance(value, int | float):
        return Attribute("Number", str(value))
    return Attribute("String", value)


CASES = [
    # https://docs.aws.amazon.com/sns/latest/dg/string-value-matching.html
    (["rugby", "tennis"], ["rugby", "tennis", ["rugby", "tennis"]], ["baseball", ["baseball"], ABSENT]),
    ([{"anything-but": ["rugby", "tennis"]}], ["baseball", "football", ["rugby", "baseball"]], ["rugby", ["rugby"]]),
    ([{"anything-but": "rugby"}], ["baseball"], ["rugby", ABSENT]),
    ([{"anything-but": {"prefix": "order-"}}], ["data-entry", "order_number"], ["order-cancelled"]),
    ([{"anything-but": {"suffix": "ball"}}], ["rugby"], ["baseball"]),
    ([{"anything-but": {"wildcard": "*ball"}}], ["rugby"], ["baseball", "ball"]),
    ([{"anything-but": {"wildcard": ["*ball", "rug*"]}}], ["tennis"], ["baseball", "rugby"]),
    ([{"anything-but": {"equals-ignore-case": ["RUGBY"]}}], ["tennis"], ["rugby", "Rugby"]),
    ([{"equals-ignore-case": "tennis"}], ["TENNIS", "Tennis"], ["rugby"]),
    ([{"cidr": "10.0.0.0/24"}], ["10.0.0.0", "10.0.0.255"], ["10.1.1.0", "here"]),
    ([{"cidr": "2001:db8::/32"}], ["2001:db8::1"], ["2001:db9::1"]),
    ([{"prefix": "bas"}], ["baseball", "basketball"], ["rugby", ABSENT]),
    ([{"suffix": "ball"}], ["baseball", "basketball"], ["rugby"]),
    ([{"wildcard": "*ball"}], ["baseball", "basketball", "ball"], ["rugby", "balls"]),
    ([{"wildcard": "a*b*c"}], ["abc", "a1b2c"], ["acb"]),
    # https://docs.aws.amazon.com/sns/latest/dg/numeric-value-matching.html
    ([{"numeric": ["=", 301.5]}], [301.5, 3.015e2], [301, "301.5"]),
    ([301.5], [301.5], [301]),
    ([{"anything-but": [100, 500]}], [101, 100.1, [100, 50]], [100]),
    ([{"numeric": ["<", 0]}], [-1, -0.5], [0, 1]),
    ([{"numeric": [">", 0, "<=", 150]}], [0.00001, 150], [0, 150.1]),
    ([{"numeric": [">=", 5, "<", 6]}], [5, 5.99999], [4.99999, 6]),
    # https://docs.aws.amazon.com/sns/latest/dg/attribute-key-matching.html
    ([{"exists": True}], ["fans", ["baseball"], 0], [ABSENT]),
    ([{"exists": False}], [ABSENT], ["fans", 1]),
    (["a", {"exists": False}], ["a", ABSENT], ["b"]),
]


@pytest.mark.parametrize(("wanted", "accepted", "rejected"), CASES)
def test_attributes(wanted, accepted, rejected) -> None:
    policy = compiled(json.dumps({"key": wanted}), "MessageAttributes")
    for value in accepted:
        attributes = {} if value is ABSENT else {"key": attribute(value)}
        assert policy.accepts(attribute_values(attributes)), value
    for value in rejected:
        attributes = {} if value is ABSENT else {"key": attribute(value)}
        assert not policy.accepts(attribute_values(attributes)), value


@pytest.mark.parametrize(("wanted", "accepted", "rejected"), CASES)
def test_bodies(wanted, accepted, rejected) -> None:
    policy = compiled(json.dumps({"key": wanted}), "MessageBody")
    for value in accepted:
        assert policy.accepts({} if value is ABSENT else {"key": value}), value
    for value in rejected:
        assert not policy.accepts({} if value is ABSENT else {"key": value}), value


def test_booleans_and_null_are_neither_numbers_nor_strings() -> None:
    true = compiled('{"key":[true]}', "MessageBody")
    assert true.accepts({"key": True})
    assert not true.accepts({"key": 1})
    assert not true.accepts({"key": "true"})
    null = compiled('{"key":[null]}', "MessageBody")
    assert null.accepts({"key": None})
    assert not null.accepts({"key": "null"})
    assert not null.accepts({})
    assert true.accepts(attribute_values({"key": Attribute("String.Array", "[true, 3]")}))


def test_keys_are_anded() -> None:
    policy = compiled('{"customer_interests":["rugby"],"price_usd":[{"numeric":[">",100]}]}', "MessageBody")
    assert policy.accepts({"customer_interests": "rugby", "price_usd": 101})
    assert not policy.accepts({"customer_interests": "rugby", "price_usd": 100})
    assert not policy.accepts({"price_usd": 101})


def test_or_joins_keys() -> None:
    # https://docs.aws.amazon.com/sns/latest/dg/and-or-logic.html
    text = json.dumps(
        {
            "source": ["aws.cloudwatch"],
            "$or": [
                {"metricName": ["CPUUtilization"]},
                {"namespace": ["AWS/EC2", "AWS/ES"]},
            ],
        }
    )
    for scope in ("MessageBody", "MessageAttributes"):
        policy = compiled(text, scope)
        assert policy.accepts({"source": "aws.cloudwatch", "metricName": "CPUUtilization"})
        assert policy.accepts({"source": "aws.cloudwatch", "namespace": "AWS/ES"})
        assert not policy.accepts({"source": "aws.cloudwatch"})
        assert not policy.accepts({"metricName": "CPUUtilization"})


def test_nested_keys_of_bodies() -> None:
    policy = compiled('{"order":{"customer":{"tier":["gold"]},"total":[{"numeric":[">",10]}]}}', "MessageBody")
    assert policy.accepts({"order": {"customer": {"tier": "gold"}, "total": 11}})
    assert not policy.accepts({"order": {"customer": {"tier": "silver"}, "total": 11}})
    assert not policy.accepts({"order": "gold"})
    assert policy.accepts({"order": [{"customer": {"tier": "x"}}, {"customer": {"tier": "gold"}, "total": 11}]})
    # Both conditions must hold in the same element of an array.
    assert not policy.accepts({"order": [{"customer": {"tier": "gold"}, "total": 1}, {"total": 11}]})


def test_absence_of_a_nested_key() -> None:
    policy = compiled('{"a":{"b":[{"exists":false}]}}', "MessageBody")
    assert policy.accepts({})
    assert policy.accepts({"a": {"c": 1}})
    assert not policy.accepts({"a": {"b": 1}})


def test_binary_attributes_are_ignored() -> None:
    assert attribute_values({"key": Attribute("Binary", "", b"x")}) == {}


def test_what_cannot_be_read() -> None:
    with pytest.raises(Unreadable) as caught:
        attribute_values({"key": Attribute("String.Array", "[not json")})
    assert caught.value.reason == "InvalidAttributes"
    for text in ("plain", "[1]"):
        with pytest.raises(Unreadable) as caught:
            body_values(text)
        assert caught.value.reason == "InvalidMessageBody"


def test_a_rejection_names_the_first_key_that_does_not_match() -> None:
    policy = compiled('{"a":["x"],"b":{"c":[1]}}', "MessageBody")
    found = policy.rejection({"a": "x", "b": {"c": 2}})
    assert (found.key, found.wanted, found.actual, found.is_absent) == ("b.c", [1], 2, False)
    found = policy.rejection({"b": {"c": 1}})
    assert (found.key, found.actual, found.is_absent) == ("a", None, True)


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("[1]", "Filter is not an object"),
        ('{"a":"b"}', '"a" must be an object or an array'),
        ('{"a":[]}', "Empty arrays are not allowed"),
        ('{"a":[["b"]]}', "Match value must be String, number, true, false, or null"),
        ('{"a":{"b":["c"]}}', "Filter policy scope MessageAttributes does not support nested filter policy"),
        ('{"a":[{"frobnicate":1}]}', "Unrecognized match type frobnicate"),
        ('{"a":[{"prefix":1}]}', "prefix match pattern must be a string"),
        ('{"a":[{"suffix":1}]}', "suffix match pattern must be a string"),
        ('{"a":[{"wildcard":1}]}', "wildcard match pattern must be a string"),
        ('{"a":[{"equals-ignore-case":[]}]}', "equals-ignore-case match pattern must be a string"),
        ('{"a":[{"exists":"yes"}]}', "exists match pattern must be either true or false."),
        ('{"a":[{"prefix":"a","suffix":"b"}]}', "Only one key allowed in match expression"),
        ('{"a":[{}]}', "Match expression name not found"),
        ('{"a":[{"numeric":5}]}', "Value of numeric must be an array."),
        ('{"a":[{"numeric":["<"]}]}', "Value of < must be numeric"),
        ('{"a":[{"numeric":["=","5"]}]}', "Value of equals must be numeric"),
        ('{"a":[{"numeric":["<>",5]}]}', "Unrecognized numeric range operator: <>"),
        ('{"a":[{"numeric":[">",5,"<",5]}]}', "Bottom must be less than top"),
        ('{"a":[{"numeric":[">",5,">",6]}]}', "Bad numeric range operator: >"),
        ('{"a":[{"numeric":["<",5,">",1]}]}', "Too many elements in numeric expression"),
        ('{"a":[{"numeric":[5]}]}', "Invalid member in numeric match: 5"),
        ('{"a":[1000000001]}', "Value must be between -1.0E9 and 1.0E9, inclusive"),
        ('{"a":[{"anything-but":[]}]}', "Empty arrays are not allowed"),
        (
            '{"a":[{"anything-but":["x",1]}]}',
            "Inside anything but list, either all values are number or string, mixed type is not supported",
        ),
        ('{"a":[{"anything-but":[null]}]}', "Inside anything but list, start|null|boolean is not supported."),
        (
            '{"a":[{"anything-but":true}]}',
            "Value of anything-but must be an array or single string/number value.",
        ),
        ('{"a":[{"anything-but":{"exists":true}}]}', "Unsupported anything-but pattern: exists"),
        ('{"$or":{"a":["b"]}}', "It must be an Array followed with $or."),
        ('{"$or":[{"a":["b"]}]}', "There must have at least 2 Objects in $or relationship."),
        ('{"$or":["a","b"]}', "Only JSON object is allowed in array of $or relationship."),
        (
            json.dumps({f"k{n}": ["v"] for n in range(6)}),
            "Filter policy can not have more than 5 keys",
        ),
        (
            json.dumps({"a": [str(n) for n in range(13)], "b": [str(n) for n in range(12)]}),
            "Filter policy is too complex",
        ),
    ],
)
def test_what_is_refused(policy, message) -> None:
    with pytest.raises(FilterSyntax) as caught:
        compiled(policy, "MessageAttributes")
    assert str(caught.value) == message


def test_nested_keys_count_in_the_combinations() -> None:
    # AWS's example: 3 x 4 x 2 x 3 = 72.
    inner = {"key_a": {"key_b": {"key_c": ["1", "2", "3", "4"]}}, "key_d": {"key_e": ["1", "2", "3"]}}
    compiled(json.dumps(inner), "MessageBody")
    inner["key_d"]["key_e"] = [str(n) for n in range(7)]  # 3 x 4 x 2 x 7 = 168
    with pytest.raises(FilterSyntax):
        compiled(json.dumps(inner), "MessageBody")


def test_the_size_of_a_policy() -> None:
    with pytest.raises(FilterSyntax):
        compiled(json.dumps({"a": ["x" * 262_144]}), "MessageAttributes")


def test_keys_that_hold_conditions_count_wherever_they_are() -> None:
    # AWS's example has six: `finding` itself does not count, the keys in it do.
    exists = [{"exists": True}]
    policy = {
        "state": ["SUCCESS"],
        "severity": exists,
        "message": exists,
        "finding": {"standard_control": exists, "region": exists, "account": exists},
    }
    with pytest.raises(FilterSyntax) as caught:
        compiled(json.dumps(policy), "MessageBody")
    assert str(caught.value) == "Filter policy can not have more than 5 keys"
    del policy["message"]
    compiled(json.dumps(policy), "MessageBody")
