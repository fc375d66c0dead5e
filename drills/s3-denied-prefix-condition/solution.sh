cat > /tmp/policy-$$.json <<JSON
{"Version": "2012-10-17", "Statement": [
  {"Sid": "ListUploads", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::app-bucket",
   "Condition": {"StringLike": {"s3:prefix": "uploads/*"}}},
  {"Sid": "ReadUploads", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app-bucket/uploads/*"}
]}
JSON
aws iam put-role-policy --role-name app-role --policy-name work --policy-document "file:///tmp/policy-$$.json"
rm /tmp/policy-$$.json
