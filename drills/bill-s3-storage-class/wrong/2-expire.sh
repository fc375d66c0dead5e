# refused because: what expires is gone; documents are kept for seven years
aws s3api put-bucket-lifecycle-configuration --bucket scan-archive --lifecycle-configuration '{"Rules": [{"ID": "old", "Filter": {"Prefix": "documents/"}, "Status": "Enabled", "Expiration": {"Days": 90}}, {"ID": "tidy", "Filter": {"Prefix": ""}, "Status": "Enabled",
  "NoncurrentVersionExpiration": {"NoncurrentDays": 30}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}]}'
