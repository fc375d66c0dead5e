# refused because: a 503 before the 504 is no order either
cd "$(mktemp -d)"
cat > app.py <<'PY'
import json
import os
import time

import boto3

states = boto3.client("stepfunctions")


def answer(status, body):
    return {"statusCode": status, "body": json.dumps(body)}


def handler(event, context):
    if event["httpMethod"] == "GET":
        execution = event["queryStringParameters"]["execution"]
        return answer(200, {"status": states.describe_execution(executionArn=execution)["status"]})
    started = states.start_execution(stateMachineArn=os.environ["MACHINE"], input=event["body"])
    until = time.time() + 25
    while True:
        if time.time() > until:
            return answer(503, {"status": "try later"})
        told = states.describe_execution(executionArn=started["executionArn"])
        if told["status"] != "RUNNING":
            return answer(200 if told["status"] == "SUCCEEDED" else 502, {"status": told["status"]})
        time.sleep(5)
PY
python3 -m zipfile -c code.zip app.py
aws lambda update-function-code --function-name place-order --zip-file fileb://code.zip
