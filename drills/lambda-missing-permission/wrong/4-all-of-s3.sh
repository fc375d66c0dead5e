# refused because: every object of every bucket is more than receipts
aws iam put-role-policy --role-name book-order-role --policy-name receipts --policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:PutObject","s3:GetObject"],"Resource":"*"}]}'
