ARN="arn:aws:cloudtrail:us-east-1:$ACCOUNT:trail/audit"
cat > /tmp/policy-$$.json <<JSON
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "AWSCloudTrailAclCheck",
      "Effect": "Allow",
      "Principal": {"Service": "cloudtrail.amazonaws.com"},
      "Action": "s3:GetBucketAcl",
      "Resource": "arn:aws:s3:::audit-bucket",
      "Condition": {"StringEquals": {"aws:SourceArn": "$ARN"}}
    },
    {
      "Sid": "AWSCloudTrailWrite",
      "Effect": "Allow",
      "Principal": {"Service": "cloudtrail.amazonaws.com"},
      "Action": "s3:PutObject",
      "Resource": "arn:aws:s3:::audit-bucket/AWSLogs/$ACCOUNT/*",
      "Condition": {"StringEquals": {"aws:SourceArn": "$ARN", "s3:x-amz-acl": "bucket-owner-full-control"}}
    }
  ]
}
JSON
aws s3api put-bucket-policy --bucket audit-bucket --policy file:///tmp/policy-$$.json
rm /tmp/policy-$$.json
