aws iam put-role-policy --role-name book-order-role --policy-name receipts --policy-document \
    '{"Version":"2012-10-17","Statement":[{"Sid":"Receipts","Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::order-receipts/*"}]}'
