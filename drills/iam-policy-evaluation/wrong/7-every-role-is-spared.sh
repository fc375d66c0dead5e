# refused because: a guardrail that spares every role of every account denies nothing to the clerk
source "$(dirname "${BASH_SOURCE[0]}")/../solution.sh"
aws organizations update-policy --policy-id "$GUARDRAIL" --content \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["s3:PutObject","s3:DeleteObject"],"Resource":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":["arn:aws:iam::*:role/*"]}}}]}' > /dev/null
