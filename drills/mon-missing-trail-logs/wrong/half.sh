# refused because: CloudTrail looks at the bucket's access control list before it writes, and that statement still names the other trail
aws s3api get-bucket-policy --bucket audit-bucket --query Policy --output text > /tmp/policy-$$.json
python3 - /tmp/policy-$$.json <<'PY'
import json, sys
policy = json.load(open(sys.argv[1]))
for statement in policy["Statement"]:
    if statement["Action"] == "s3:PutObject":
        tests = statement["Condition"]["StringEquals"]
        tests["aws:SourceArn"] = tests["aws:SourceArn"].replace("management-events", "audit")
json.dump(policy, open(sys.argv[1], "w"))
PY
aws s3api put-bucket-policy --bucket audit-bucket --policy file:///tmp/policy-$$.json
rm /tmp/policy-$$.json
