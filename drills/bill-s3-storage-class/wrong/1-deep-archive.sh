# refused because: a document in Deep Archive opens in twelve hours, and a customer waits at the counter
aws s3api put-bucket-lifecycle-configuration --bucket scan-archive --lifecycle-configuration '{"Rules": [{"ID": "cold", "Filter": {"Prefix": "documents/"}, "Status": "Enabled",
  "Transitions": [{"Days": 30, "StorageClass": "DEEP_ARCHIVE"}]}, {"ID": "tidy", "Filter": {"Prefix": ""}, "Status": "Enabled",
  "NoncurrentVersionExpiration": {"NoncurrentDays": 30}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}]}'
