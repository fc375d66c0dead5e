# refused because: storage was never the problem, and S3 moves no objects of less than 128 KiB anyway
aws s3api put-bucket-lifecycle-configuration --bucket click-events --lifecycle-configuration '{"Rules": [{"ID": "colder",
  "Filter": {"Prefix": ""}, "Status": "Enabled", "Transitions": [{"Days": 0, "StorageClass": "GLACIER_IR"}]}]}'
