cd "$(mktemp -d)"
cat > app.py <<'PY'
USERS = {"t-ann": "ann", "t-bob": "bob"}


def handler(event, context):
    user = USERS.get(event["authorizationToken"].removeprefix("Bearer "))
    if user is None:
        raise Exception("Unauthorized")
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": event["methodArn"]}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {"principalId": user, "policyDocument": policy, "context": {"user": user}}
PY
python3 -m zipfile -c code.zip app.py
aws lambda update-function-code --function-name who-is-it --zip-file fileb://code.zip
