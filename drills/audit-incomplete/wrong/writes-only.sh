# refused because: who reads a record is what the hospitals ask for
aws cloudtrail put-event-selectors --trail-name audit --event-selectors '[{
  "ReadWriteType": "WriteOnly",
  "IncludeManagementEvents": true,
  "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::patient-records/"]}]
}]'
