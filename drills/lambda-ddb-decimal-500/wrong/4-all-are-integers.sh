# refused because: a size of 42.5 is not 42
cd "$(mktemp -d)"
cat > app.py <<'PY'
import json
from decimal import Decimal

import boto3

table = boto3.resource("dynamodb").Table("Users")


PLAIN = int


def handler(event, context):
    item = table.get_item(Key={"user_id": event["user_id"]}).get("Item")
    if item is None:
        return {"statusCode": 404, "body": "{}"}
    return {"statusCode": 200, "body": json.dumps(item, default=PLAIN)}
PY
python3 -m zipfile -c code.zip app.py
aws lambda update-function-code --function-name get-profile --zip-file fileb://code.zip
