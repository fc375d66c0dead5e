# refused because: a star is no wildcard in a selector, CloudTrail refuses the command, and nothing has changed
aws cloudtrail put-event-selectors --trail-name audit --event-selectors '[{
  "ReadWriteType": "All",
  "IncludeManagementEvents": true,
  "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::patient-records/*"]}]
}]' || true
