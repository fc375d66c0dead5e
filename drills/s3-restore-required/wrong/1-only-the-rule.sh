# refused because: what lies in the archive stays there; no rule brings an object back
aws s3api put-bucket-lifecycle-configuration --bucket app-bucket --lifecycle-configuration '{"Rules": [{"ID": "old-statements",
  "Filter": {"Prefix": "statements/"}, "Status": "Enabled", "Transitions": [{"Days": 90, "StorageClass": "GLACIER_IR"}]}]}'
