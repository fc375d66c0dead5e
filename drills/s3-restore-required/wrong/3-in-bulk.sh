# refused because: bulk retrievals cost nothing and take five to twelve hours; the auditors wait five and a half
aws s3api put-bucket-lifecycle-configuration --bucket app-bucket --lifecycle-configuration '{"Rules": [{"ID": "old-statements",
  "Filter": {"Prefix": "statements/"}, "Status": "Enabled", "Transitions": [{"Days": 90, "StorageClass": "GLACIER_IR"}]}]}'
aws s3api list-objects-v2 --bucket app-bucket --prefix statements/ --query "Contents[?StorageClass=='GLACIER'].[Key]" --output text |
    xargs -P 3 -I KEY aws s3api restore-object --bucket app-bucket --key KEY \
        --restore-request '{"Days": 15, "GlacierJobParameters": {"Tier": "Bulk"}}'
