aws s3api put-bucket-lifecycle-configuration --bucket scan-archive --lifecycle-configuration '{"Rules": [
  {"ID": "documents-grow-old", "Filter": {"Prefix": "documents/"}, "Status": "Enabled",
   "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 90, "StorageClass": "GLACIER_IR"}]},
  {"ID": "what-nobody-needs", "Filter": {"Prefix": ""}, "Status": "Enabled",
   "NoncurrentVersionExpiration": {"NoncurrentDays": 30}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}]}'
