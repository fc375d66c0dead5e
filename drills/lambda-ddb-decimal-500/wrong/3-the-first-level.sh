# refused because: the shoe size lies one level deeper, and is a Decimal as well
cd "$(mktemp -d)"
cat > app.py <<'PY'
import json
from decimal import Decimal

import boto3

table = boto3.resource("dynamodb").Table("Users")


def plain(value):
    return int(value) if isinstance(value, Decimal) else value


def handler(event, context):
    item = table.get_item(Key={"user_id": event["user_id"]}).get("Item")
    if item is None:
        return {"statusCode": 404, "body": "{}"}
    return {"statusCode": 200, "body": json.dumps({name: plain(value) for name, value in item.items()})}
PY
python3 -m zipfile -c code.zip app.py
aws lambda update-function-code --function-name get-profile --zip-file fileb://code.zip
