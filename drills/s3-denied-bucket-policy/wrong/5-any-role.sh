# refused because: a pattern for every role of the account lets analyst-role in
cat > /tmp/policy-$$.json <<JSON
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app-bucket/reports/*",
   "Condition": {"ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::$ACCOUNT:role/*", "arn:aws:iam::$ACCOUNT:root"]}}}
]}
JSON
aws s3api put-bucket-policy --bucket app-bucket --policy "file:///tmp/policy-$$.json"
rm /tmp/policy-$$.json
