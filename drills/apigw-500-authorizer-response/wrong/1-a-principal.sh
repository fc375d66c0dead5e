# refused because: a name without a policy allows nothing, and is no answer either
cd "$(mktemp -d)"
cat > app.py <<'PY'
USERS = {"t-ann": "ann", "t-bob": "bob"}


def handler(event, context):
    user = USERS.get(event["authorizationToken"].removeprefix("Bearer "))
    if user is None:
        raise Exception("Unauthorized")
    return {"principalId": user, "isAuthorized": True}
PY
python3 -m zipfile -c code.zip app.py
aws lambda update-function-code --function-name who-is-it --zip-file fileb://code.zip
