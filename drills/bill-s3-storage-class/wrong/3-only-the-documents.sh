# refused because: the documents are cheaper, and old versions and unfinished uploads lie on in S3 Standard
aws s3api put-bucket-lifecycle-configuration --bucket scan-archive --lifecycle-configuration '{"Rules": [{"ID": "cold", "Filter": {"Prefix": "documents/"}, "Status": "Enabled",
  "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 90, "StorageClass": "GLACIER_IR"}]}]}'
