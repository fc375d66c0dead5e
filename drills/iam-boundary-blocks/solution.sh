arn="arn:aws:iam::$ACCOUNT:policy/DeveloperPermissionBoundary"
topic="arn:aws:sns:us-east-1:$ACCOUNT:dev-build-events"
version=$(aws iam get-policy --policy-arn "$arn" --query Policy.DefaultVersionId --output text)
now=$(aws iam get-policy-version --policy-arn "$arn" --version-id "$version" --query PolicyVersion.Document --output json)
# The same document, and one statement more.
new=$(python3 - "$now" "$topic" <<'PY'
import json, sys
document = json.loads(sys.argv[1])
document["Statement"].append(
    {"Sid": "AnnounceBuilds", "Effect": "Allow", "Action": "sns:Publish", "Resource": sys.argv[2]}
)
print(json.dumps(document))
PY
)
aws iam create-policy-version --policy-arn "$arn" --policy-document "$new" --set-as-default
