import json
import time

import boto3


def handler(event, context):
    where = event["resource"]
    if where == "/slow":
        time.sleep(40)
    if where == "/broken":
        return {"orders": ["a body that is no text", 1]}
    table = boto3.resource("dynamodb").Table("orders")
    if event["httpMethod"] == "POST":
        order = json.loads(event["body"])
        table.put_item(Item=order)
        return {"statusCode": 201, "body": json.dumps(order)}
    found = table.get_item(Key={"id": event["pathParameters"]["id"]}).get("Item")
    who = event["requestContext"]["authorizer"]["claims"]["cognito:username"]
    return {"statusCode": 200 if found else 404, "body": json.dumps({"order": found, "for": who}, default=str)}
