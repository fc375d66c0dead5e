# refused because: a request without userId is still 500
cd "$(mktemp -d)"
cat > app.py <<'PY'
import json

import boto3
from boto3.dynamodb.conditions import Key

table = boto3.resource("dynamodb").Table("Users")


def handler(event, context):
    try:
        user = event["queryStringParameters"]["userId"]
        items = table.query(KeyConditionExpression=Key("userId").eq(user))["Items"]
        return {"statusCode": 200, "body": json.dumps({"items": items}, default=int)}
    except Exception as error:
        return {"statusCode": 500, "body": json.dumps({"message": "Could not fetch the user"})}
PY
python3 -m zipfile -c code.zip app.py
aws lambda update-function-code --function-name find-user --zip-file fileb://code.zip
