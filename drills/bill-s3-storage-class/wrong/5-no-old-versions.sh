# refused because: an old version that expires after one day cannot be brought back after seven
aws s3api put-bucket-lifecycle-configuration --bucket scan-archive --lifecycle-configuration '{"Rules": [{"ID": "cold", "Filter": {"Prefix": "documents/"}, "Status": "Enabled",
  "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 90, "StorageClass": "GLACIER_IR"}]},
  {"ID": "tidy", "Filter": {"Prefix": ""}, "Status": "Enabled",
  "NoncurrentVersionExpiration": {"NoncurrentDays": 1}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}]}'
