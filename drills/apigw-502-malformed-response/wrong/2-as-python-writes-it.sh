# refused because: what str() makes of a dict is no JSON
cd "$(mktemp -d)"
cat > app.py <<'PY'
def find(order_id):
    number = int(order_id.rpartition("-")[2])
    return {"id": order_id, "total": number * 10} if number else None


def handler(event, context):
    return {"statusCode": 200, "body": str(find(event["pathParameters"]["id"]))}
PY
python3 -m zipfile -c code.zip app.py
aws lambda update-function-code --function-name get-order --zip-file fileb://code.zip
