# refused because: CloudTrail may now write to the bucket on behalf of anybody's trail, of any account
cat > /tmp/policy-$$.json <<JSON
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": {"Service": "cloudtrail.amazonaws.com"},
      "Action": ["s3:GetBucketAcl", "s3:PutObject"],
      "Resource": ["arn:aws:s3:::audit-bucket", "arn:aws:s3:::audit-bucket/AWSLogs/$ACCOUNT/*"]
    }
  ]
}
JSON
aws s3api put-bucket-policy --bucket audit-bucket --policy file:///tmp/policy-$$.json
rm /tmp/policy-$$.json
