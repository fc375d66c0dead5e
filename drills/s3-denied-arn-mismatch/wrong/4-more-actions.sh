# refused because: the action was never missing; on the ARN of a bucket no action on objects means anything
aws iam put-role-policy --role-name app-role --policy-name read --policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:GetObjectVersion","s3:GetObjectAttributes"],"Resource":"arn:aws:s3:::app-bucket"}]}'
