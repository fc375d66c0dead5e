# refused because: the actions are right and the resource is every object of every bucket, the payroll among them
aws iam put-role-policy --role-name app-role --policy-name objects --policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::*/*"}]}'
