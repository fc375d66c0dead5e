# First the rule, so that nothing further goes.
aws s3api put-bucket-lifecycle-configuration --bucket app-bucket --lifecycle-configuration '{"Rules": [{"ID": "old-statements",
  "Filter": {"Prefix": "statements/"}, "Status": "Enabled", "Transitions": [{"Days": 90, "StorageClass": "GLACIER_IR"}]}]}'
# Then what has gone: three to five hours, for fifteen days. (When it is there, a copy in place to GLACIER_IR makes it lasting.)
aws s3api list-objects-v2 --bucket app-bucket --prefix statements/ --query "Contents[?StorageClass=='GLACIER'].[Key]" --output text |
    xargs -P 3 -I KEY aws s3api restore-object --bucket app-bucket --key KEY \
        --restore-request '{"Days": 15, "GlacierJobParameters": {"Tier": "Standard"}}'
