# refused because: the rule stands, and archives the next statement that comes of age
aws s3api list-objects-v2 --bucket app-bucket --prefix statements/ --query "Contents[?StorageClass=='GLACIER'].[Key]" --output text |
    xargs -P 3 -I KEY aws s3api restore-object --bucket app-bucket --key KEY \
        --restore-request '{"Days": 15, "GlacierJobParameters": {"Tier": "Standard"}}'
