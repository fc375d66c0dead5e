from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foulweather.services.dynamodb.language import syntax
from foulweather.services.dynamodb.language.expressions import condition, projection, update
from foulweather.services.dynamodb.language.parser import parse_condition, parse_projection, parse_update
from foulweather.services.dynamodb.language.placeholders import Placeholders
from foulweather.services.dynamodb.language.refusals import LanguageError
from foulweather.services.dynamodb.language.syntax import And, Comparison, Not, Or, Path, Value

PARSERS: dict[str, Callable[[str], object]] = {
    "UpdateExpression": parse_update,
    "ProjectionExpression": parse_projection,
}
A_LT_B = Comparison("<", Path(("a",)), Path(("b",)))


def refusal(text: str, kind: str = "ConditionExpression") -> str:
    with pytest.raises(LanguageError) as refused:
        PARSERS.get(kind, lambda text: parse_condition(text, kind))(text)
    return refused.value.message


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a<b", A_LT_B),
        (" a  <  b ", A_LT_B),
        ("(a<b)", A_LT_B),
        ("NOT a<b", Not(A_LT_B)),
        ("nOt not a < b", Not(Not(A_LT_B))),
        ("a<b aNd a<b oR a<b", Or((And((A_LT_B, A_LT_B)), A_LT_B))),
        ("a<b OR a<b AND a<b", Or((A_LT_B, And((A_LT_B, A_LT_B))))),
        ("NOT a<b AND a<b", And((Not(A_LT_B), A_LT_B))),
        ("NOT (a<b AND a<b)", Not(And((A_LT_B, A_LT_B)))),
        ("a<b AND (a<b AND a<b)", And((A_LT_B, And((A_LT_B, A_LT_B))))),
        ("(a<b AND a<b) AND a<b", And((And((A_LT_B, A_LT_B)), A_LT_B))),
        ("a<b AND a<b AND a<b", And((A_LT_B, A_LT_B, A_LT_B))),
        ("((a<b) AND (a<b))", And((A_LT_B, A_LT_B))),
        ("a between :x and :y and a<b", And((syntax.Between(Path(("a",)), Value(":x"), Value(":y")), A_LT_B))),
        ("a.b[3].#c IN (:x,d)", syntax.In(Path(("a", "b", 3, "#c")), (Value(":x"), Path(("d",))))),
        ("attribute_exists (a)", syntax.Test(syntax.Call("attribute_exists", (Path(("a",)),)))),
    ],
)
def test_conditions(text: str, tree: syntax.Tree) -> None:
    assert parse_condition(text, "ConditionExpression") == tree


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "The expression can not be empty;"),
        ("   ", "The expression can not be empty;"),
        ("((a<b))", "The expression has redundant parentheses;"),
        ("a<b AND ((a<b))", "The expression has redundant parentheses;"),
        ("a IN ()", 'Syntax error; token: ")", near: "()"'),
        ("p=:p AND c!=:c", 'Syntax error; token: "!", near: "c!="'),
        ("a = 5", 'Syntax error; token: "5", near: "= 5"'),
        ("a", 'Syntax error; token: "<EOF>", near: "a"'),
        (":a", 'Syntax error; token: "<EOF>", near: ":a"'),
        ("a = :b)", 'Syntax error; token: ")", near: ":b)"'),
        ("(a = :b", 'Syntax error; token: "<EOF>", near: ":b"'),
        ("and", 'Syntax error; token: "and", near: "and"'),
        ("a[#x] = :b", 'Syntax error; token: "#x", near: "[#x]"'),
        ("a[:x] = :b", 'Syntax error; token: ":x", near: "[:x]"'),
        ("a = :b AND", 'Syntax error; token: "<EOF>", near: "AND"'),
    ],
)
def test_what_is_no_condition(text: str, words: str) -> None:
    assert refusal(text) == f"Invalid ConditionExpression: {words}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SET _123 = :v", 'Syntax error; token: "_", near: "SET _123"'),
        ("ADD hits : incr", 'Syntax error; token: ":", near: "hits : incr"'),
        ("INVALID SYNTAX HERE", 'Syntax error; token: "INVALID", near: "INVALID SYNTAX"'),
        ("SET a = :v, updated", 'Syntax error; token: "<EOF>", near: "updated"'),
        ("SET #as, #Lambda = :v", 'Syntax error; token: ",", near: "#as, #Lambda"'),
        ("SET a = :x + :y + :z", 'Syntax error; token: "+", near: ":y + :z"'),
        ("SET c = if_not_exists(c, :x+:y)", 'Syntax error; token: "+", near: ":x+:y"'),
        ("SET a = :v SET b = :v", 'The "SET" section can only be used once in an update expression;'),
        ("SET a = :v REMOVE c set b = :v", 'The "SET" section can only be used once in an update expression;'),
        ("SET :a = :b", 'Syntax error; token: ":a", near: "SET :a ="'),
        ("SET a = @", 'Syntax error; token: "@", near: "= @"'),
        ("", "The expression can not be empty;"),
        ("REMOVE a,", 'Syntax error; token: "<EOF>", near: ","'),
        ("ADD a b", 'Syntax error; token: "b", near: "a b"'),
    ],
)
def test_what_is_no_update(text: str, words: str) -> None:
    assert refusal(text, "UpdateExpression") == f"Invalid UpdateExpression: {words}"


@pytest.mark.parametrize("text", ["a,", ",a", "a,,b", "a b", "a.[0]", "a[", "a[-1]", "a..b", ":a", "#"])
def test_what_is_no_projection(text: str) -> None:
    assert refusal(text, "ProjectionExpression").startswith('Invalid ProjectionExpression: Syntax error; token: "')


@pytest.mark.parametrize(
    "kind", ["ConditionExpression", "FilterExpression", "UpdateExpression", "ProjectionExpression"]
)
def test_an_expression_has_at_most_4096_bytes_and_that_is_said_first(kind: str) -> None:
    words = f"Invalid {kind}: Expression size has exceeded the maximum allowed size; expression size: 4097"
    assert refusal("(" * 4097, kind) == words
    assert refusal("é" * 2048 + "(", kind) == words


def test_an_expression_has_at_most_300_operators() -> None:
    words = "Invalid ConditionExpression: The expression contains too many operators; operator count: 301"
    assert refusal(" or ".join(["a<b"] * 151)) == words
    assert refusal("not " * 301 + "a<b") == words
    parse_condition(" or ".join(["a<b"] * 150), "ConditionExpression")


def nested_or(depth: int) -> str:
    return "a<b or (" * depth + "a<b" + ")" * depth


def test_deep_nesting_is_parsed_and_evaluated() -> None:
    found = condition(nested_or(149), Placeholders(None, None))
    assert not found.holds({"a": {"N": "2"}, "b": {"N": "1"}})
    assert found.holds({"a": {"N": "1"}, "b": {"N": "2"}})
    assert refusal(nested_or(400)).endswith("operator count: 301")
    assert condition("not " * 299 + "a<b", Placeholders(None, None)).holds({})


@pytest.mark.parametrize("text", ["(" * 4096, "(" * 2040 + "a<b" + ")" * 2040, "a < " + "f(" * 1300 + "b" + ")" * 1300])
def test_absurd_nesting_is_refused_not_crashed_on(text: str) -> None:
    assert refusal(text).startswith("Invalid ConditionExpression: ")


# --- what is written is read back

WORDS = st.sampled_from(["a", "b1", "Cc_", "#x", "#1", "zz"])
PATHS = st.builds(
    lambda head, rest: Path((head, *rest)), WORDS, st.lists(st.one_of(WORDS, st.integers(0, 99)), max_size=3)
)
VALUES = st.builds(Value, st.sampled_from([":v", ":1", ":_x"]))
OPERANDS = st.recursive(
    st.one_of(PATHS, VALUES),
    lambda inner: st.builds(
        syntax.Call, st.sampled_from(["size", "f", "list_append"]), st.lists(inner, min_size=1, max_size=3).map(tuple)
    ),
    max_leaves=4,
)
LEAVES = st.one_of(
    st.builds(Comparison, st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), OPERANDS, OPERANDS),
    st.builds(syntax.Between, OPERANDS, OPERANDS, OPERANDS),
    st.builds(syntax.In, OPERANDS, st.lists(OPERANDS, min_size=1, max_size=3).map(tuple)),
    st.builds(
        syntax.Test,
        st.builds(
            syntax.Call, st.sampled_from(["contains", "g"]), st.lists(OPERANDS, min_size=1, max_size=2).map(tuple)
        ),
    ),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=10,
)


@settings(max_examples=150)
@given(TREES)
def test_a_condition_that_is_written_is_read_back(tree: syntax.Tree) -> None:
    assert parse_condition(str(tree), "ConditionExpression") == tree


ACTIONS = st.one_of(
    st.builds(lambda path, value: syntax.Action("SET", path, value), PATHS, OPERANDS),
    st.builds(
        lambda path, sign, left, right: syntax.Action("SET", path, syntax.Arithmetic(sign, left, right)),
        PATHS, st.sampled_from(["+", "-"]), OPERANDS, OPERANDS,
    ),
    st.builds(lambda path: syntax.Action("REMOVE", path), PATHS),
    st.builds(lambda section, path, value: syntax.Action(section, path, value), st.sampled_from(["ADD", "DELETE"]),
              PATHS, VALUES),
)  # fmt: skip


@settings(max_examples=80)
@given(st.lists(ACTIONS, min_size=1, max_size=5))
def test_an_update_that_is_written_is_read_back(actions: list[syntax.Action]) -> None:
    ordered = tuple(sorted(actions, key=lambda action: [one.section for one in actions].index(action.section)))
    assert parse_update(syntax.write_update(ordered)) == ordered


# --- nothing but a LanguageError

PIECES = st.sampled_from(
    ["a", "b.c", "#x", "#y", ":v", ":w", "=", "<>", "<", ">=", "(", ")", "[", "]", "0", "1", ",", ".", "AND", "OR",
     "NOT", "IN", "BETWEEN", "SET", "REMOVE", "ADD", "DELETE", "+", "-", "size(", "contains(", "if_not_exists(",
     "list_append(", "attribute_exists(", "f(", "name", "_", "!", "é", '"', "\0"]
)  # fmt: skip
SOUP = st.one_of(st.lists(PIECES, max_size=14).map(" ".join), st.text(max_size=20))
ITEM = {"a": {"N": "1"}, "b": {"M": {"c": {"L": [{"S": "x"}]}}}, "X": {"SS": ["p"]}}


@settings(max_examples=300)
@given(SOUP)
def test_whatever_is_sent_is_answered_or_refused(text: str) -> None:
    placeholders = Placeholders({"#x": "X"}, {":v": {"N": "1"}, ":w": {"SS": ["q"]}})
    for read in (
        lambda: condition(text, placeholders).holds(ITEM),
        lambda: condition(text, placeholders).explain(ITEM),
        lambda: update(text, placeholders, ("pk",)).apply(ITEM),
        lambda: projection(text, placeholders).of(ITEM),
    ):
        with suppress(LanguageError):
            read()
