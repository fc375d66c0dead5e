# refused because: two thirds of the waste are gone, and the documents stay in the dearest class
aws s3api put-bucket-lifecycle-configuration --bucket scan-archive --lifecycle-configuration '{"Rules": [{"ID": "tidy", "Filter": {"Prefix": ""}, "Status": "Enabled",
  "NoncurrentVersionExpiration": {"NoncurrentDays": 30}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}]}'
