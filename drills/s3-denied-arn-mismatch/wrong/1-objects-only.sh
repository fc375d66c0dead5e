# refused because: now it may read every object, and no longer list the bucket: the same mistake the other way round
aws iam put-role-policy --role-name app-role --policy-name work --policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:ListBucket","s3:GetObject"],"Resource":"arn:aws:s3:::app-bucket/*"}]}'
