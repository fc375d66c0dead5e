from __future__ import annotations

from typing import Any

import pytest

from foulweather.kernel.errors import AwsError
from foulweather.services.dynamodb import limits
from harness import Aws
from services.dynamodb.tables import attribute, item, key, made

GSI = {"IndexName": "by-g", "KeySchema": [key("g"), key("n", "RANGE")], "Projection": {"ProjectionType": "KEYS_ONLY"}}
LSI = {"IndexName": "by-n", "KeySchema": [key("pk"), key("n", "RANGE")], "Projection": {"ProjectionType": "KEYS_ONLY"}}
DEFINED = [attribute("pk"), attribute("sk"), attribute("g"), attribute("n", "N")]


async def filled(aws: Aws, count: int = 10, **more: Any) -> None:
    await made(
        aws, sort="sk", AttributeDefinitions=DEFINED, GlobalSecondaryIndexes=[GSI], LocalSecondaryIndexes=[LSI], **more
    )
    for n in range(count):
        aws.dynamodb.put_item(
            {"TableName": "orders", "Item": item("a", sk=f"{n:03}", n=count - n, g="even" if n % 2 == 0 else "odd")}
        )


def asked(condition: str, values: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "TableName": "orders",
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": {f":{name}": value for name, value in values.items()},
        **more,
    }


def sorts(answer: dict[str, Any]) -> list[str]:
    return [each["sk"]["S"] for each in answer["Items"]]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("sk = :s", ["003"]),
        ("sk < :s", ["000", "001", "002"]),
        ("sk <= :s", ["000", "001", "002", "003"]),
        ("sk > :s", ["004", "005"]),
        ("begins_with(sk, :s)", ["003"]),
    ],
)
async def test_a_query_selects_by_the_sort_key(aws: Aws, condition: str, found: list[str]) -> None:
    await filled(aws, 6)
    request = asked(f"pk = :p AND {condition}", {"p": {"S": "a"}, "s": {"S": "003"}})
    assert sorts(aws.dynamodb.query(request)) == found
    assert sorts(aws.dynamodb.query({**request, "ScanIndexForward": False})) == found[::-1]


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("index", [None, "by-n", "by-g"])
async def test_pages_of_a_query_are_the_whole(aws: Aws, forward: bool, index: str | None) -> None:
    await filled(aws)
    name, value = ("g", "even") if index == "by-g" else ("pk", "a")
    request = asked(f"{name} = :v", {"v": {"S": value}}, ScanIndexForward=forward)
    if index is not None:
        request["IndexName"] = index
    whole = sorts(aws.dynamodb.query(request))
    assert len(whole) == (5 if index == "by-g" else 10)
    paged: list[str] = []
    start: dict[str, Any] = {}
    while True:
        page = aws.dynamodb.query({**request, "Limit": 3, **start})
        paged += sorts(page)
        if "LastEvaluatedKey" not in page:
            break
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    assert paged == whole


async def test_numbers_are_in_the_order_of_numbers(aws: Aws) -> None:
    await filled(aws)
    answer = aws.dynamodb.query(asked("pk = :p", {"p": {"S": "a"}}, IndexName="by-n"))
    assert [int(each["n"]["N"]) for each in answer["Items"]] == list(range(1, 11))


async def test_a_filter_leaves_the_cost_as_it_is(aws: Aws) -> None:
    # ddb-filter-expression-cost
    await made(aws, sort="sk")
    for n in range(20):
        aws.dynamodb.put_item({"TableName": "orders", "Item": item("a", sk=f"{n:03}", n=n, body="x" * 1000)})
    request = asked("pk = :p", {"p": {"S": "a"}}, ReturnConsumedCapacity="TOTAL")
    whole = aws.dynamodb.query(request)
    filtered = aws.dynamodb.query(
        {
            **request,
            "FilterExpression": "n = :n",
            "ProjectionExpression": "n",
            "ExpressionAttributeValues": {":p": {"S": "a"}, ":n": {"N": "3"}},
        }
    )
    assert (filtered["Count"], filtered["ScannedCount"]) == (1, 20)
    assert filtered["ConsumedCapacity"] == whole["ConsumedCapacity"]


async def test_a_page_ends_at_a_megabyte(aws: Aws) -> None:
    await made(aws, sort="sk")
    for n in range(12):
        aws.dynamodb.put_item({"TableName": "orders", "Item": item("a", sk=f"{n:03}", body="x" * 200_000)})
        await aws.advance(seconds=1)
    page = aws.dynamodb.query(asked("pk = :p", {"p": {"S": "a"}}))
    assert page["Count"] == 6
    assert page["LastEvaluatedKey"] == item("a", sk="005")


async def test_segments_of_a_scan_share_the_items_between_them(aws: Aws) -> None:
    await made(aws)
    for n in range(50):
        aws.dynamodb.put_item({"TableName": "orders", "Item": item(f"k{n}")})
    found: list[str] = []
    for segment in range(4):
        page = aws.dynamodb.scan({"TableName": "orders", "Segment": segment, "TotalSegments": 4})
        assert 0 < page["Count"] < 50
        found += [each["pk"]["S"] for each in page["Items"]]
    assert sorted(found) == sorted(f"k{n}" for n in range(50))


async def test_an_index_has_what_is_projected_and_only_items_with_its_key(aws: Aws) -> None:
    await filled(aws, 2)
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("b", sk="1", other="x")})
    page = aws.dynamodb.scan({"TableName": "orders", "IndexName": "by-g"})
    assert page["Count"] == 2
    assert all(set(each) == {"pk", "sk", "g", "n"} for each in page["Items"])


async def test_an_item_that_changes_moves_in_its_indexes(aws: Aws) -> None:
    await filled(aws, 2)
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("a", sk="000", n=7, g="odd")})
    assert aws.dynamodb.query(asked("g = :g", {"g": {"S": "even"}}, IndexName="by-g"))["Count"] == 0
    assert sorts(aws.dynamodb.query(asked("g = :g", {"g": {"S": "odd"}}, IndexName="by-g"))) == ["001", "000"]
    aws.dynamodb.delete_item({"TableName": "orders", "Key": item("a", sk="000")})
    assert sorts(aws.dynamodb.query(asked("g = :g", {"g": {"S": "odd"}}, IndexName="by-g"))) == ["001"]


async def test_a_new_index_of_a_live_table_is_filled_in_time(aws: Aws) -> None:
    await made(aws)
    aws.dynamodb.put_item({"TableName": "orders", "Item": item("a", g="x")})
    created = {"IndexName": "late", "KeySchema": [key("g")], "Projection": {"ProjectionType": "ALL"}}
    aws.dynamodb.update_table(
        {
            "TableName": "orders",
            "AttributeDefinitions": [attribute("pk"), attribute("g")],
            "GlobalSecondaryIndexUpdates": [{"Create": created}],
        }
    )
    request = asked("g = :g", {"g": {"S": "x"}}, IndexName="late")
    with pytest.raises(AwsError, match="Cannot read from backfilling global secondary index: late"):
        aws.dynamodb.query(request)
    await aws.advance(ms=limits.INDEX_CREATE_MS + limits.UPDATE_MS)
    assert aws.dynamodb.query(request)["Count"] == 1
    aws.dynamodb.update_table(
        {"TableName": "orders", "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "late"}}]}
    )
    await aws.advance(ms=limits.INDEX_DELETE_MS)
    with pytest.raises(AwsError, match="does not have the specified index"):
        aws.dynamodb.query(request)


async def test_a_key_condition_that_misses_the_key_is_told_the_key(aws: Aws) -> None:
    await filled(aws, 1)
    with pytest.raises(AwsError) as refused:
        aws.dynamodb.query(asked("x = :p", {"p": {"S": "a"}}))
    facts = {fact.property: fact.value for fact in refused.value.why.facts}
    assert facts == {"KeySchema": ["pk", "sk"], "attributes of the key condition": ["x"]}


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (asked("x = :p", {"p": {"S": "a"}}), "Query condition missed key schema element: pk"),
        (asked("pk = :p", {"p": {"S": "a"}}, IndexName="nope"), "does not have the specified index: nope"),
        (
            asked("g = :p", {"p": {"S": "a"}}, IndexName="by-g", ConsistentRead=True),
            "Consistent reads are not supported",
        ),
        (asked("g = :p", {"p": {"S": "a"}}, IndexName="by-g", Select="ALL_ATTRIBUTES"), "Select type ALL_ATTRIBUTES"),
        (asked("pk = :p", {"p": {"S": "a"}}, ExclusiveStartKey=item("b", sk="1")), "outside query boundaries"),
        (asked("pk = :p", {"p": {"S": "a"}}, ExclusiveStartKey=item("a")), "The provided starting key is invalid"),
        (asked("pk = :p", {"p": {"S": "a"}}, Limit=0), "greater than or equal to 1"),
    ],
)
async def test_a_query_that_makes_no_sense_is_refused(aws: Aws, request_: dict[str, Any], words: str) -> None:
    await filled(aws, 1)
    with pytest.raises(AwsError) as refused:
        aws.dynamodb.query(request_)
    assert refused.value.code == "ValidationException"
    assert words in refused.value.message
