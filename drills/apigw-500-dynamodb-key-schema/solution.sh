cd "$(mktemp -d)"
cat > app.py <<'PY'
import json

import boto3
from boto3.dynamodb.conditions import Key

table = boto3.resource("dynamodb").Table("Users")


def handler(event, context):
    user = (event["queryStringParameters"] or {}).get("userId")
    if not user:
        return {"statusCode": 400, "body": json.dumps({"message": "userId is missing"})}
    try:
        items = table.query(KeyConditionExpression=Key("userId").eq(user))["Items"]
        return {"statusCode": 200, "body": json.dumps({"items": items}, default=int)}
    except Exception as error:
        print(f"ERROR {error!r}")
        return {"statusCode": 500, "body": json.dumps({"message": "Could not fetch the user"})}
PY
python3 -m zipfile -c code.zip app.py
aws lambda update-function-code --function-name find-user --zip-file fileb://code.zip
