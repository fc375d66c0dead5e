cat > /tmp/policy-$$.json <<JSON
{"Version": "2012-10-17", "Statement": [
  {"Sid": "AppReads", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::$ACCOUNT:role/app-role"},
   "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app-bucket/reports/*"},
  {"Sid": "NobodyElseReads", "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app-bucket/reports/*",
   "Condition": {"ArnNotEquals": {"aws:PrincipalArn": ["arn:aws:iam::$ACCOUNT:role/app-role", "arn:aws:iam::$ACCOUNT:root"]}}}
]}
JSON
aws s3api put-bucket-policy --bucket app-bucket --policy "file:///tmp/policy-$$.json"
rm /tmp/policy-$$.json
