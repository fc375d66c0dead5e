# refused because: coupons are printed, and are to be taken off
cd "$(mktemp -d)"
cat > app.py <<'PY'
import json


def handler(event, context):
    order = json.loads(event["body"])
    return {"statusCode": 201, "body": json.dumps({"total": order["amount"]})}
PY
python3 -m zipfile -c code.zip app.py
aws lambda update-function-code --function-name checkout --zip-file fileb://code.zip
