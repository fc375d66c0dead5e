# refused because: the id of the new role works until the role is replaced again
ID=$(aws iam get-role --role-name app-role --query Role.RoleId --output text)
cat > /tmp/policy-$$.json <<JSON
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::$ACCOUNT:role/app-role"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app-bucket/reports/*"},
  {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app-bucket/reports/*",
   "Condition": {"StringNotLike": {"aws:userid": ["$ID:*", "$ACCOUNT"]}}}
]}
JSON
aws s3api put-bucket-policy --bucket app-bucket --policy "file:///tmp/policy-$$.json"
rm /tmp/policy-$$.json
