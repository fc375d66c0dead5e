# refused because: the Allow names the new role now, and the Deny still knows the old one only
OLD=$(aws s3api get-bucket-policy --bucket app-bucket --query Policy --output text | grep -o 'AROA[A-Z0-9]*:\*')
cat > /tmp/policy-$$.json <<JSON
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::$ACCOUNT:role/app-role"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app-bucket/reports/*"},
  {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app-bucket/reports/*",
   "Condition": {"StringNotLike": {"aws:userid": ["$OLD", "$ACCOUNT"]}}}
]}
JSON
aws s3api put-bucket-policy --bucket app-bucket --policy "file:///tmp/policy-$$.json"
rm /tmp/policy-$$.json
