"""The AWS SDK for JavaScript's document client, where its packages are.

FOULWEATHER_NODE_MODULES names a folder `node_modules` with @aws-sdk/client-dynamodb and @aws-sdk/lib-dynamodb.
"""

from __future__ import annotations

import json

import pytest

from clients.running import NODE_MODULES, ROOT_KEYS, Cloud, found_tool

pytestmark = [pytest.mark.client, pytest.mark.needs("node", "@aws-sdk/client-dynamodb", "@aws-sdk/lib-dynamodb")]

SCRIPT = """
const { DynamoDBClient, CreateTableCommand, waitUntilTableExists } = require("@aws-sdk/client-dynamodb");
const doc = require("@aws-sdk/lib-dynamodb");

async function main() {
  const plain = new DynamoDBClient({});
  const client = doc.DynamoDBDocumentClient.from(plain);
  await plain.send(new CreateTableCommand({
    TableName: "carts", BillingMode: "PAY_PER_REQUEST",
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" }, { AttributeName: "line", KeyType: "RANGE" }],
    AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }, { AttributeName: "line", AttributeType: "N" }],
  }));
  await waitUntilTableExists({ client: plain, maxWaitTime: 60, minDelay: 1 }, { TableName: "carts" });
  const Item = { id: "c", line: 1, tags: new Set(["a"]), bytes: new Uint8Array([0, 255]),
                 nested: { list: [1, null, true] } };
  await client.send(new doc.PutCommand({ TableName: "carts", Item }));
  const got = (await client.send(new doc.GetCommand({ TableName: "carts", Key: { id: "c", line: 1 } }))).Item;
  const puts = Array.from({ length: 20 }, (_, n) => ({ PutRequest: { Item: { id: "d", line: n } } }));
  await client.send(new doc.BatchWriteCommand({ RequestItems: { carts: puts } }));
  const lines = [];
  const asked = { TableName: "carts", KeyConditionExpression: "id = :d AND line > :n", Limit: 6,
                  ExpressionAttributeValues: { ":d": "d", ":n": 3 } };
  for await (const page of doc.paginateQuery({ client }, asked)) lines.push(...page.Items.map((item) => item.line));
  const updated = await client.send(new doc.UpdateCommand({
    TableName: "carts", Key: { id: "c", line: 1 }, UpdateExpression: "SET nested.#l[0] = :v ADD n :v",
    ExpressionAttributeNames: { "#l": "list" }, ExpressionAttributeValues: { ":v": 5 }, ReturnValues: "ALL_NEW",
  }));
  let reasons;
  try {
    const ConditionExpression = "attribute_not_exists(id)";
    await client.send(new doc.TransactWriteCommand({ TransactItems: [
      { Put: { TableName: "carts", Item: { id: "e", line: 1 } } },
      { Put: { TableName: "carts", Item: { id: "c", line: 1 }, ConditionExpression } },
    ] }));
  } catch (error) {
    reasons = [error.name, ...error.CancellationReasons.map((reason) => reason.Code)];
  }
  console.log(JSON.stringify({ tags: [...got.tags], bytes: [...got.bytes], nested: updated.Attributes.nested,
                               n: updated.Attributes.n, lines, reasons }));
}
main().catch((error) => { console.error(error); process.exit(1); });
"""


def test_the_document_client_reads_what_it_wrote(cloud: Cloud) -> None:
    place = cloud.aimed(ROOT_KEYS) | {"NODE_PATH": str(NODE_MODULES.resolve())}
    told = json.loads(cloud.run(found_tool("node") or "node", "-e", SCRIPT, **place))
    assert told == {
        "tags": ["a"],
        "bytes": [0, 255],
        "nested": {"list": [5, None, True]},
        "n": 5,
        "lines": list(range(4, 20)),
        "reasons": ["TransactionCanceledException", "None", "ConditionalCheckFailed"],
    }
