cat > /tmp/policy-$$.json <<JSON
{"Version": "2012-10-17", "Statement": [
  {"Sid": "List", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::app-bucket"},
  {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::app-bucket/*"}
]}
JSON
aws iam put-role-policy --role-name app-role --policy-name work --policy-document "file:///tmp/policy-$$.json"
rm /tmp/policy-$$.json
