"""Queries as operations: what may be asked, when they are complete, and what their answers look like."""

from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from harness import ACCOUNT, Aws
from services.logs.log_calls import DAY_MS, GROUP, STREAM, make, put, put_at
from services.logs.test_protection import policy, user

ARN = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{GROUP}"
QUERY = "fields @timestamp, @message | filter level = 'ERROR' | sort @timestamp desc"


def start(aws: Aws, text: str = QUERY, **more: Any) -> str:
    seconds = aws.now // 1000
    request = {"logGroupName": GROUP, "startTime": seconds - 3600, "endTime": seconds, "queryString": text, **more}
    request = {name: value for name, value in request.items() if value is not None}
    return aws.logs.start_query(request)["queryId"]


def refused(aws: Aws, text: str = QUERY, **more: Any) -> AwsError:
    with pytest.raises(AwsError) as caught:
        start(aws, text, **more)
    return caught.value


def rows(answer: dict[str, Any]) -> list[dict[str, str]]:
    return [{each["field"]: each["value"] for each in row} for row in answer["results"]]


async def test_a_query_is_scheduled_runs_and_is_complete(aws: Aws) -> None:
    make(aws)
    put_at(aws, (aws.now - 2000, '{"level":"ERROR","n":1}'), (aws.now - 1000, '{"level":"INFO"}'))
    put(aws, '{"level":"ERROR","n":2}')
    query = start(aws)
    assert aws.logs.get_query_results({"queryId": query})["status"] == "Scheduled"
    await aws.advance(ms=100)
    assert aws.logs.get_query_results({"queryId": query})["status"] == "Running"
    await aws.advance(seconds=2)
    answer = aws.logs.get_query_results({"queryId": query})
    assert answer["status"] == "Complete"
    assert [row["@message"] for row in rows(answer)] == ['{"level":"ERROR","n":2}', '{"level":"ERROR","n":1}']
    told = answer["statistics"]
    assert (told["recordsMatched"], told["recordsScanned"], told["logGroupsScanned"]) == (2.0, 3.0, 1.0)
    assert told["bytesScanned"] > 0
    (described,) = aws.logs.describe_queries({"logGroupName": GROUP, "status": "Complete"})["queries"]
    assert (described["queryId"], described["queryString"], described["logGroupName"]) == (query, QUERY, GROUP)
    assert described["queryDuration"] >= 500
    assert aws.logs.list_log_groups_for_query({"queryId": query})["logGroupIdentifiers"] == [GROUP]


async def test_results_come_in_pages_and_stay_for_a_week(aws: Aws) -> None:
    make(aws)
    put(aws, *[f"line {n}" for n in range(5)])
    query = start(aws, "fields @message", logGroupName=None, logGroupIdentifiers=[ARN])
    await aws.advance(seconds=2)
    page = aws.logs.get_query_results({"queryId": query, "maxItems": 3})
    rest = aws.logs.get_query_results({"queryId": query, "maxItems": 3, "nextToken": page["nextToken"]})
    assert (len(page["results"]), len(rest["results"])) == (3, 2)
    assert "nextToken" not in rest
    await aws.advance(ms=7 * DAY_MS)
    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        aws.logs.get_query_results({"queryId": query})


async def test_a_pointer_leads_to_the_whole_record(aws: Aws) -> None:
    make(aws)
    put(aws, "noise", '{"level":"ERROR","order":{"id":7}}')
    query = start(aws)
    await aws.advance(seconds=2)
    ((row),) = rows(aws.logs.get_query_results({"queryId": query}))
    record = aws.logs.get_log_record({"logRecordPointer": row["@ptr"]})["logRecord"]
    assert record["@message"] == '{"level":"ERROR","order":{"id":7}}'
    assert (record["level"], record["order.id"], record["@logStream"]) == ("ERROR", "7", STREAM)
    for pointer in ("nonsense", "YSBiIGM="):
        with pytest.raises(AwsError, match="InvalidParameterException"):
            aws.logs.get_log_record({"logRecordPointer": pointer})


def test_fields_of_a_group_are_told_by_how_many_events_have_them(aws: Aws) -> None:
    make(aws)
    put(aws, '{"level":"ERROR"}', '{"level":"INFO","user":"ada"}', at_ms=aws.now - 1)
    found = aws.logs.get_log_group_fields({"logGroupName": GROUP})["logGroupFields"]
    told = {each["name"]: each["percent"] for each in found}
    assert (told["@message"], told["level"], told["user"]) == (100, 100, 50)
    old = aws.logs.get_log_group_fields({"logGroupName": GROUP, "time": aws.now // 1000 - 3600})
    assert old["logGroupFields"] == []


async def test_a_query_is_stopped_while_it_is_under_way(aws: Aws) -> None:
    make(aws)
    query = start(aws)
    assert aws.logs.stop_query({"queryId": query}) == {"success": True}
    await aws.advance(seconds=2)
    assert aws.logs.get_query_results({"queryId": query})["status"] == "Cancelled"
    with pytest.raises(AwsError, match="InvalidParameterException"):
        aws.logs.stop_query({"queryId": query})


async def test_what_cannot_be_asked_is_refused(aws: Aws) -> None:
    assert refused(aws).message == f"Log group '{GROUP}' does not exist for account ID '{ACCOUNT}'"
    make(aws)
    assert refused(aws, logGroupName=None).code == "InvalidParameterException"
    assert refused(aws, logGroupNames=[GROUP]).code == "InvalidParameterException"
    assert refused(aws, startTime=5, endTime=4).code == "InvalidParameterException"
    assert refused(aws, queryLanguage="SQL").status == 501
    await aws.advance(seconds=1)
    many = [GROUP] * 51
    assert "at most 50" in refused(aws, logGroupName=None, logGroupNames=many).message
    error = refused(aws, startTime=1, endTime=2)
    assert error.code == "MalformedQueryException"
    assert "log groups creation time" in error.message


def test_a_malformed_query_tells_where(aws: Aws) -> None:
    make(aws)
    error = refused(aws, "fields @message | nonsense x")
    assert error.code == "MalformedQueryException"
    location = error.members["queryCompileError"]["location"]
    assert location["startCharOffset"] >= 18
    assert error.members["queryCompileError"]["message"] == error.message


def test_a_hundred_queries_run_at_once(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    from foulweather.services.logs import limits

    monkeypatch.setattr(limits, "QUERIES_MAX", 3)
    make(aws)
    for _ in range(3):
        start(aws)
    error = refused(aws)
    assert (error.code, error.message) == (
        "LimitExceededException",
        "Account maximum query concurrency limit of [3] reached.",
    )


async def test_a_query_selects_its_groups_by_source(aws: Aws) -> None:
    make(aws, "/shop/a")
    make(aws, "/shop/b")
    make(aws, "/other")
    for group in ("/shop/a", "/shop/b", "/other"):
        put(aws, f"in {group}", group=group)
    query = start(aws, "SOURCE logGroups(namePrefix: ['/shop/']) | fields @message | sort @message", logGroupName=None)
    await aws.advance(seconds=2)
    answer = aws.logs.get_query_results({"queryId": query})
    assert [row["@message"] for row in rows(answer)] == ["in /shop/a", "in /shop/b"]


async def test_what_is_masked_is_masked_in_answers_too(aws: Aws) -> None:
    make(aws)
    aws.logs.put_data_protection_policy({"logGroupIdentifier": GROUP, "policyDocument": policy("EmailAddress")})
    put(aws, "mail ada@example.com")
    query = start(aws, "fields @message")
    await aws.advance(seconds=2)
    answer = aws.logs.get_query_results({"queryId": query})
    assert [row["@message"] for row in rows(answer)] == ["mail ***************"]
    query = start(aws, "fields unmask(@message) as whole")
    await aws.advance(seconds=2)
    assert [row["whole"] for row in rows(aws.logs.get_query_results({"queryId": query}))] == ["mail ada@example.com"]
    reader = user(aws, "logs:StartQuery")
    assert start(reader, "fields @message")
    assert "logs:Unmask" in refused(reader, "fields unmask(@message)").message


async def test_filter_index_looks_only_where_the_field_is_indexed(aws: Aws) -> None:
    make(aws, "/a")
    make(aws, "/b")
    aws.logs.put_index_policy({"logGroupIdentifier": "/a", "policyDocument": '{"Fields":["user"]}'})
    for group in ("/a", "/b"):
        put(aws, f'{{"user":"ada","place":"{group}"}}', group=group)
    query = start(aws, "filterIndex user = 'ada' | fields place", logGroupName=None, logGroupNames=["/a", "/b"])
    await aws.advance(seconds=2)
    answer = aws.logs.get_query_results({"queryId": query})
    assert [row["place"] for row in rows(answer)] == ["/a"]


def test_infrequent_access_has_fewer_commands(aws: Aws) -> None:
    make(aws, logGroupClass="INFREQUENT_ACCESS")
    put(aws, "x")
    assert start(aws, "fields @message")
    assert refused(aws, "filter @message like /x/ | pattern @message").message == (
        "The command pattern is only supported on the Standard log class."
    )


async def test_a_query_looks_things_up_in_a_table(aws: Aws) -> None:
    make(aws)
    put(aws, '{"user":"u1"}')
    table = {"lookupTableName": "users", "tableBody": "id,name\nu1,Ada\nu2,Bob\n"}
    arn = aws.logs.create_lookup_table(table)["lookupTableArn"]
    (described,) = aws.logs.describe_lookup_tables({})["lookupTables"]
    assert (described["tableFields"], described["recordsCount"]) == (["id", "name"], 2)
    query = start(aws, "fields user | lookup users id AS user OUTPUT name")
    await aws.advance(seconds=2)
    assert [row["name"] for row in rows(aws.logs.get_query_results({"queryId": query}))] == ["Ada"]
    aws.logs.update_lookup_table({"lookupTableArn": arn, "tableBody": "id,name\nu1,Eve\n"})
    assert aws.logs.get_lookup_table({"lookupTableArn": arn})["tableBody"] == "id,name\nu1,Eve\n"
    aws.logs.delete_lookup_table({"lookupTableArn": arn})
    assert refused(aws, "fields user | lookup users id AS user OUTPUT name").code == "ResourceNotFoundException"


@pytest.mark.parametrize("body", [" ", "a,a\n1,2\n", "a,b\n1\n", 'a\n"x\n'])
def test_a_lookup_table_is_csv_with_a_header(aws: Aws, body: str) -> None:
    with pytest.raises(AwsError, match="InvalidParameterException"):
        aws.logs.create_lookup_table({"lookupTableName": "t", "tableBody": body})


async def test_events_know_the_entity_that_wrote_them(aws: Aws) -> None:
    make(aws)
    entity = {"keyAttributes": {"Type": "Service", "Name": "shop", "Environment": "prod"}, "attributes": {"x": "y"}}
    writing = {"logGroupName": GROUP, "logStreamName": STREAM, "logEvents": [{"timestamp": aws.now, "message": "a"}]}
    assert "rejectedEntityInfo" not in aws.logs.put_log_events({**writing, "entity": entity})
    for n in range(70):
        put(aws, f"b{n}")
    query = start(aws, "fields @message, @entity.KeyAttributes.Name as name | filter ispresent(name)")
    await aws.advance(seconds=2)
    (row,) = rows(aws.logs.get_query_results({"queryId": query}))
    assert (row["@message"], row["name"]) == ("a", "shop")
    for keys, error in (
        ({"Type": "Nonsense", "Name": "x"}, "InvalidTypeValue"),
        ({"Name": "x", "Environment": "y"}, "MissingRequiredFields"),
        ({"Type": "Service", "Name": "x"}, "MissingRequiredFields"),
        ({"Type": "Service", "Colour": "x"}, "InvalidKeyAttributes"),
    ):
        answer = aws.logs.put_log_events({**writing, "entity": {"keyAttributes": keys}})
        assert answer["rejectedEntityInfo"] == {"errorType": error}


def test_source_needs_permission_for_each_group_that_it_selects(aws: Aws) -> None:
    for group in ("/shop/a", "/shop/b", "/other"):
        make(aws, group)
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:"
    reader = user(aws, "logs:StartQuery", resource=f"{arn}/shop/*")
    shop = "SOURCE logGroups(namePrefix: ['/shop/']) | fields @message"
    assert start(reader, shop, logGroupName=None)
    every = refused(reader, "SOURCE logGroups() | fields @message", logGroupName=None)
    assert (every.code, f"{arn}/other" in every.message) == ("AccessDeniedException", True)
    within = "fields @message | filter user in (SOURCE '/other' | fields user)"
    assert f"{arn}/other" in refused(reader, within, logGroupName="/shop/a").message
    assert start(reader, within.replace("/other", "/shop/b"), logGroupName="/shop/a")


async def test_a_pointer_shows_what_is_masked_to_whoever_may_unmask(aws: Aws) -> None:
    make(aws)
    aws.logs.put_data_protection_policy({"logGroupIdentifier": GROUP, "policyDocument": policy("EmailAddress")})
    put(aws, "mail ada@example.com")
    query = start(aws, "fields @message")
    await aws.advance(seconds=2)
    ((row),) = rows(aws.logs.get_query_results({"queryId": query}))
    pointed = {"logRecordPointer": row["@ptr"]}
    assert aws.logs.get_log_record(pointed)["logRecord"]["@message"] == "mail ***************"
    whole = aws.logs.get_log_record({**pointed, "unmask": True})["logRecord"]
    assert whole["@message"] == "mail ada@example.com"
    reader = user(aws, "logs:GetLogRecord")
    with pytest.raises(AwsError, match="logs:Unmask"):
        reader.logs.get_log_record({**pointed, "unmask": True})


async def test_every_event_tells_the_account_and_region_that_it_is_of(aws: Aws) -> None:
    make(aws)
    put(aws, "one", '{"n": 2}')
    query = start(aws, f'stats count(*) as n by @aws.region | filter n = 2 and @aws.region = "{aws.region}"')
    selected = start(aws, f'filter @aws.account = "{ACCOUNT}" and @aws.region != "eu-west-1" | fields @aws.account')
    await aws.advance(seconds=2)
    (row,) = rows(aws.logs.get_query_results({"queryId": query}))
    assert row == {"@aws.region": "us-east-1", "n": "2"}
    found = rows(aws.logs.get_query_results({"queryId": selected}))
    assert [each["@aws.account"] for each in found] == [ACCOUNT, ACCOUNT]
