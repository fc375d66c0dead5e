"""An API that puts orders into a table by itself, by a mapping template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from foulweather.drilling.documents import document, trust
from foulweather.drilling.lab import Lab
from foulweather.drilling.load import Recorded
from foulweather.drilling.load.apis import ApiClient, alarm, rest_api, url_of
from foulweather.drilling.load.functions import may

API, TABLE, ROLE = "orders", "Orders", "orders-api-role"
SAMPLES: tuple[dict[str, str], ...] = (
    {"name": "Ann", "note": "at the door"},
    {"name": "Mrs. O'Neill"},
    {"name": 'Dwayne "The Rock" Johnson', "note": "ring twice"},
    {"name": "Zoë", "note": "first line\nsecond line"},
    {"name": "Bob", "note": "C:\\orders\\new"},
)
"""What customers write: the last four are those who make trouble."""
TEMPLATE = """{
  "TableName": "Orders",
  "Item": {
    "order_id": {"S": "$context.requestId"},
    "name": {"S": $input.json('$.name')},
    "note": {"S": #if($input.path('$.note') == "")"-"#else$input.json('$.note')#end}
  }
}"""


class Customers(ApiClient):
    """Place orders, with names and notes of all kinds."""

    def request(self, n: int) -> tuple[str, str, Mapping[str, str], Any]:
        """The n-th order."""
        return "POST", "/orders", self.headers, SAMPLES[n % len(SAMPLES)]


def integration(lab: Lab, template: str) -> dict[str, Any]:
    """What stands behind POST /orders."""
    return {
        "type": "aws",
        "httpMethod": "POST",
        "uri": f"arn:aws:apigateway:{lab.region}:dynamodb:action/PutItem",
        "credentials": f"arn:aws:iam::{lab.account}:role/{ROLE}",
        "passthroughBehavior": "never",
        "requestTemplates": {"application/json": template},
        "responses": {
            "default": {"statusCode": "201", "responseTemplates": {"application/json": '{"taken": true}'}},
            "4\\d{2}": {"statusCode": "400", "responseTemplates": {"application/json": '{"taken": false}'}},
        },
    }


def build(lab: Lab) -> None:
    """The table, the role, the API, the customers."""
    lab.client("dynamodb").create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "order_id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "order_id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    iam, arn = lab.client("iam"), f"arn:aws:dynamodb:{lab.region}:{lab.account}:table/{TABLE}"
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust("apigateway.amazonaws.com"))
    iam.put_role_policy(RoleName=ROLE, PolicyName="work", PolicyDocument=document(may("dynamodb:PutItem", arn, "Put")))
    described = {"description": "told"}
    method = {
        "responses": {"201": described, "400": described},
        "x-amazon-apigateway-integration": integration(lab, TEMPLATE),
    }
    api = rest_api(lab, API, {"/orders": {"post": method}}, logging="ERROR")
    lab.notes["api"] = api
    alarm(lab, API, "4XXError")
    every = Recorded((61_000,), every_ms=1_200_000)
    lab.add(Customers(lab, "customers", url=url_of(api), arrivals=every))


def stored(lab: Lab) -> list[tuple[str, str]]:
    """Names and notes in the table."""
    found: list[tuple[str, str]] = []
    start: dict[str, Any] = {}
    while True:
        page = lab.client("dynamodb").scan(TableName=TABLE, **start)
        found += [(item["name"]["S"], item.get("note", {}).get("S", "")) for item in page["Items"]]
        if "LastEvaluatedKey" not in page:
            return found
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def wanted(sample: Mapping[str, str]) -> tuple[str, str]:
    """How a sample is to be stored."""
    return sample["name"], sample.get("note", "-")
