# refused because: PutObject is asked for objects, whose ARNs go on after the bucket's
aws iam put-role-policy --role-name book-order-role --policy-name receipts --policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::order-receipts"}]}'
