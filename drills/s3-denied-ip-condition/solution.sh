cat > /tmp/policy-$$.json <<JSON
{"Version": "2012-10-17", "Statement": [
  {"Sid": "OfficeOrEndpointOnly", "Effect": "Deny", "Principal": "*",
   "Action": ["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
   "Resource": ["arn:aws:s3:::app-bucket", "arn:aws:s3:::app-bucket/*"],
   "Condition": {
     "NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24"]},
     "StringNotEquals": {"aws:SourceVpce": ["vpce-0a1b2c3d4e5f60718"]}}}
]}
JSON
aws s3api put-bucket-policy --bucket app-bucket --policy "file:///tmp/policy-$$.json"
rm /tmp/policy-$$.json
