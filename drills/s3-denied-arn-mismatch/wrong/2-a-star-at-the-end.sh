# refused because: app-bucket* is app-bucket-archive as well
aws iam put-role-policy --role-name app-role --policy-name work --policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:ListBucket","s3:GetObject"],"Resource":"arn:aws:s3:::app-bucket*"}]}'
