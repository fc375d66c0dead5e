# refused because: the selectors replace those before, and management events are selected no more
aws cloudtrail put-event-selectors --trail-name audit --advanced-event-selectors '[{
  "FieldSelectors": [
    {"Field": "eventCategory", "Equals": ["Data"]},
    {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
    {"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::patient-records/"]}
  ]
}]'
