# refused because: a wildcard for everybody lets customers delete orders
cd "$(mktemp -d)"
cat > app.py <<'PY'
USERS = {"t-ann": "customer", "t-bob": "customer", "t-office": "office"}
MAY = {"customer": ("GET", "POST"), "office": ("GET", "POST", "DELETE")}


def handler(event, context):
    user = USERS.get(event["authorizationToken"].removeprefix("Bearer "))
    if user is None:
        raise Exception("Unauthorized")
    stage = "/".join(event["methodArn"].split("/")[:2])
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": f"{stage}/*"}
    return {"principalId": user, "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
PY
python3 -m zipfile -c code.zip app.py
aws lambda update-function-code --function-name who-may-what --zip-file fileb://code.zip
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
aws apigateway flush-stage-authorizers-cache --rest-api-id "$API" --stage-name prod
