# refused because: whoever makes up a token is let in
cd "$(mktemp -d)"
cat > app.py <<'PY'
USERS = {"t-ann": "ann", "t-bob": "bob"}


def handler(event, context):
    user = USERS.get(event["authorizationToken"].removeprefix("Bearer "), "guest")
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": event["methodArn"]}
    return {"principalId": user, "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
PY
python3 -m zipfile -c code.zip app.py
aws lambda update-function-code --function-name who-is-it --zip-file fileb://code.zip
