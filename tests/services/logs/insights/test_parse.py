"""`parse` in its modes, and `json field=`."""

from __future__ import annotations

from services.logs.insights.insights_events import rows

LINE = "25 May 2019 10:24:39,474 [ERROR] {foo=2, bar=data} The error was: DataIntegrityException"


def test_a_glob() -> None:
    query = 'parse @message "[*] * The error was: *" as level, config, exception'
    assert rows(query, [LINE]) == [
        {"level": "ERROR", "config": "{foo=2, bar=data}", "exception": "DataIntegrityException"}
    ]


def test_a_regular_expression_with_named_groups() -> None:
    query = r"parse @message /\[(?<level>\S+)\]\s+(?<config>\{.*\})\s+The error was: (?<exception>\S+)/"
    assert rows(query, [LINE]) == [
        {"level": "ERROR", "config": "{foo=2, bar=data}", "exception": "DataIntegrityException"}
    ]


def test_what_does_not_match_stays_without_the_fields() -> None:
    assert rows('fields @message | parse @message "user=*," as user', ["nothing", "user=ann, ok"]) == [
        {"@message": "user=ann, ok", "user": "ann"},
        {"@message": "nothing"},
    ]


def test_made_fields_are_filtered_and_aggregated() -> None:
    lines = [f"user={user}, method:{method}, latency := {ms}" for user, method, ms in
             (("ann", "get", 5), ("ann", "get", 7), ("bob", "put", 1))]  # fmt: skip
    query = 'parse @message "user=*, method:*, latency := *" as @user, @method, @latency'
    query += " | stats avg(@latency) by @method, @user"
    assert rows(query, lines) == [
        {"@method": "get", "@user": "ann", "avg(@latency)": "6"},
        {"@method": "put", "@user": "bob", "avg(@latency)": "1"},
    ]


def test_a_named_group_answers_to_its_name_with_at_too() -> None:
    query = r"parse @message /user=(?<user2>\w+), ms=(?<latency2>\d+)/ | stats avg(latency2) by @user2"
    assert rows(query, ["user=ann, ms=5"]) == [{"@user2": "ann", "avg(latency2)": "5"}]


def test_the_message_is_parsed_where_no_field_is_named() -> None:
    assert rows("parse 'a=*' as a", ["a=1"]) == [{"a": "1"}]
    assert rows("parse /a=(?<a>.)/", ["a=1"]) == [{"a": "1"}]


def test_a_made_field_is_parsed_further() -> None:
    query = 'parse @message "url=*" as url | parse url "/api/*/users/*" as version, userId | display version, userId'
    assert rows(query, ["url=/api/v2/users/7"]) == [{"version": "v2", "userId": "7"}]


def test_the_last_wildcard_takes_all_that_is_left_and_the_others_as_little_as_they_can() -> None:
    assert rows("parse @message '* - *' as a, b", ["1 - 2 - 3\n4"]) == [{"a": "1", "b": "2 - 3\n4"}]
    assert rows("parse @message 'Status: *;' as code | filter code >= 400", ["Status: 404; Status: 500;"]) == [
        {"code": "404"}
    ]


def test_characters_of_a_glob_stand_for_themselves() -> None:
    assert rows(r"parse @message '(*) [*].' as a, b", ["(x+) [y?]. z"]) == [{"a": "x+", "b": "y?"}]


def test_multi_makes_a_row_of_each_match() -> None:
    query = r"parse @message /(\d+\.\d+\.\d+\.\d+)/ as ip multi | stats count(*) by ip"
    assert rows(query, ["10.0.0.1 to 10.0.0.2", "10.0.0.1"]) == [
        {"ip": "10.0.0.1", "count(*)": "2"},
        {"ip": "10.0.0.2", "count(*)": "1"},
    ]


def test_multi_keeps_an_event_without_a_match() -> None:
    assert rows(r"fields @message | parse @message /(\d)/ as d multi | sort d", ["a", "12"]) == [
        {"@message": "a"},
        {"@message": "12", "d": "1"},
        {"@message": "12", "d": "2"},
    ]


def test_logfmt() -> None:
    query = "parse @message logfmt as lf | filter lf.level = 'error' | display lf.msg, lf.duration"
    line = 'level=error msg="it \\"broke\\"" duration=3 ok'
    assert rows(query, [line, "level=info msg=fine"]) == [{"lf.msg": 'it "broke"', "lf.duration": "3"}]


def test_csv() -> None:
    query = 'parse @message csv as time, level, text | filter level = "ERROR" | display time, text'
    assert rows(query, ['10:00,ERROR,"a, b"', "10:01,INFO,c"]) == [{"time": "10:00", "text": "a, b"}]


def test_json_field() -> None:
    query = r'parse @message /(?<payload>\{.*\})/ | json field=payload "user.name" as name | display name'
    assert rows(query, ['got {"user": {"name": "ann"}}']) == [{"name": "ann"}]
