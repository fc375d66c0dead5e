# refused because: customers without a coupon are told that they did something wrong
cd "$(mktemp -d)"
cat > app.py <<'PY'
import json


def handler(event, context):
    try:
        order = json.loads(event["body"])
        total = order["amount"] * (100 - order["coupon"]) // 100
    except Exception as error:
        return {"statusCode": 400, "body": json.dumps({"message": str(error)})}
    return {"statusCode": 201, "body": json.dumps({"total": total})}
PY
python3 -m zipfile -c code.zip app.py
aws lambda update-function-code --function-name checkout --zip-file fileb://code.zip
