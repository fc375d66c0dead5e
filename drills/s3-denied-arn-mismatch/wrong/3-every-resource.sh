# refused because: the importer reads every bucket of the account
aws iam put-role-policy --role-name app-role --policy-name work --policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:ListBucket","s3:GetObject"],"Resource":"*"}]}'
