# refused because: the auditors read audit-bucket, and what happened meanwhile is not in it
aws s3api create-bucket --bucket "audit-bucket-2-$ACCOUNT"
cat > /tmp/policy-$$.json <<JSON
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": {"Service": "cloudtrail.amazonaws.com"},
      "Action": ["s3:GetBucketAcl", "s3:PutObject"],
      "Resource": ["arn:aws:s3:::audit-bucket-2-$ACCOUNT", "arn:aws:s3:::audit-bucket-2-$ACCOUNT/AWSLogs/$ACCOUNT/*"],
      "Condition": {"StringEquals": {"aws:SourceArn": "arn:aws:cloudtrail:us-east-1:$ACCOUNT:trail/audit"}}
    }
  ]
}
JSON
aws s3api put-bucket-policy --bucket "audit-bucket-2-$ACCOUNT" --policy file:///tmp/policy-$$.json
rm /tmp/policy-$$.json
aws cloudtrail update-trail --name audit --s3-bucket-name "audit-bucket-2-$ACCOUNT"
