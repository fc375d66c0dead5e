"""What is a query and what is not, and where the refusal points."""

from __future__ import annotations

import pytest

from foulweather.services.logs.insights.errors import MalformedQuery, NotBuilt
from foulweather.services.logs.insights.language import compiled
from foulweather.services.logs.insights.records import Sources
from services.logs.insights.insights_events import rows


def refusal(query: str) -> MalformedQuery:
    with pytest.raises(MalformedQuery) as found:
        compiled(query)
    return found.value


def test_an_unknown_symbol_is_refused_with_its_line_and_position() -> None:
    error = refusal("fields @timestamp, custom_field | count()")
    assert error.message == "unexpected symbol found count at line 1 and position 34"
    assert (error.start, error.end) == (34, 39)


def test_the_position_counts_from_the_start_of_its_line() -> None:
    assert refusal("fields a\n| filter b =\n| limit 2").message == "unexpected symbol found | at line 3 and position 0"


def test_an_end_too_early_is_refused_at_the_end() -> None:
    error = refusal("fields @timestamp |")
    assert error.message == "unexpected symbol found <EOF> at line 1 and position 19"
    assert error.start == error.end == 19


@pytest.mark.parametrize(
    "query",
    [
        "",
        "   # only a comment",
        "| fields a",
        "fields",
        "fields a,",
        "fields a as",
        "filter",
        "filter (a = 1",
        "filter a == 1",
        "filter a in ()",
        "filter a like",
        "filter a like /x",
        "filter a = 'x",
        "filter `a = 1",
        "filter a like /(/",
        "stats",
        "stats count(*) by",
        "stats avg(*)",
        "stats avg(a, b)",
        "stats pct(a)",
        "stats pct(a, 101)",
        "stats pct(a, b)",
        "stats a",
        "sort",
        "limit",
        "limit 0",
        "limit 100001",
        "limit 2.5",
        "parse @message 'a=*, b=*' as a",
        "parse @message 'a=*'",
        "parse @message /no groups/",
        "parse @message",
        "unnest a",
        "fields bin(5x)",
        "fields bin(5)",
        "fields bin(0m)",
        "fields nosuchfunction(a)",
        "fields strlen()",
        "fields 5m",
        "fields foo-",
        "fields a ; b",
        "lookup t a",
        "join left=a right=b where a.x=c.y (SOURCE 'g')",
        "SOURCE",
        "SOURCE logGroups(namePrefix: ['a','b','c','d','e','f'])",
        "SOURCE logGroups(nosuch: ['a'])",
    ],
)
def test_what_is_no_query_is_refused(query: str) -> None:
    refusal(query)


def test_commands_functions_and_keywords_are_read_in_any_case() -> None:
    query = 'FIELDS @message | PARSE @message "* [*] *" AS time, level, text | FILTER level IN ["ERROR"]'
    query += " | DISPLAY ToUpper(text)"
    assert rows(query, ["10:00 [ERROR] it broke"]) == [{"ToUpper(text)": "IT BROKE"}]


def test_comments_run_to_the_end_of_their_line() -> None:
    query = "fields @message # all of it\n# | filter @message like /nothing/\n| limit 1"
    assert rows(query, ["a # b"]) == [{"@message": "a # b"}]


def test_a_hash_in_a_string_or_an_expression_is_no_comment() -> None:
    assert rows("filter @message like '#1' and @message like /#1/ | limit 5", ["take #1"]) != []


def test_a_name_with_other_characters_needs_backticks() -> None:
    assert rows("fields `foo-bar`", [{"foo-bar": 1}]) == [{"foo-bar": "1"}]
    assert rows("fields foo-bar", [{"foo-bar": 1, "foo": 5, "bar": 2}]) == [{"foo-bar": "3"}]


@pytest.mark.parametrize("command", ["anomaly", "diff", "diff previousDay", "outlier x", "sessionize a", "fillmissing"])
def test_a_command_that_is_not_built_is_refused_by_name(command: str) -> None:
    with pytest.raises(NotBuilt) as found:
        compiled(f"fields @message | {command}")
    assert found.value.feature == command.split()[0]


@pytest.mark.parametrize("language", ["SQL", "PPL"])
def test_opensearch_languages_are_not_built(language: str) -> None:
    with pytest.raises(NotBuilt, match=language):
        compiled("source=a | fields b", language)


@pytest.mark.parametrize("expression", ["rate(a, 5m)", "histogram(a, 5)"])
def test_an_aggregation_that_is_not_built_is_refused_by_name(expression: str) -> None:
    with pytest.raises(NotBuilt, match=expression.split("(")[0]):
        compiled(f"stats {expression} by bin(5m)")


def test_source_names_log_groups() -> None:
    query = compiled("SOURCE '/aws/lambda/a' | SOURCE \"/aws/lambda/b\" | fields @message")
    assert query.sources == Sources(log_groups=("/aws/lambda/a", "/aws/lambda/b"))


def test_source_selects_by_prefix_account_and_class_and_says_a_window() -> None:
    query = compiled(
        "SOURCE logGroups(accountIdentifiers:['111122223333'], namePrefix: ['/aws/', 'x'], class: ['STANDARD'])"
        " START=-3600s END=now | stats count(*)"
    )
    assert query.sources == Sources(
        every_group=True,
        name_prefixes=("/aws/", "x"),
        accounts=("111122223333",),
        classes=("STANDARD",),
        start_offset_ms=-3_600_000,
        end_offset_ms=0,
    )


def test_a_source_alone_shows_time_and_message() -> None:
    assert rows("SOURCE 'g'", ["hello"]) == [{"@timestamp": "2024-03-01 11:00:00.000", "@message": "hello"}]


def test_a_query_without_source_has_no_sources() -> None:
    assert compiled("limit 5").sources is None


def test_a_made_field_cannot_be_made_twice() -> None:
    error = refusal("fields 1 as a | fields 2 as a")
    assert error.message == "Ephemeral field is already defined: a"


def test_nesting_without_end_is_refused_and_width_is_not() -> None:
    assert "nests too deeply" in refusal("filter " + "(" * 500 + "a" + ")" * 500).message
    assert "nests too deeply" in refusal("fields " + "a+" * 2000 + "a").message
    assert rows("filter " + " or ".join(f"a = {n}" for n in range(500)), [{"a": 499}]) != []
    assert rows("filter " + " and ".join(f"(a != {n} or b)" for n in range(1, 300)), [{"a": 0}]) != []


def test_what_the_caller_has_to_know_is_told() -> None:
    query = compiled("filterIndex requestId = 'x' | fields unmask(@message)")
    assert query.indexed_fields == ("requestId",)
    assert query.unmasks
    assert not query.aggregates
    assert not query.reaches_out
    assert compiled("stats count(*)").aggregates
