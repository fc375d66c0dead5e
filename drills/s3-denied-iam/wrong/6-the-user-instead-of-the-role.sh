# refused because: a session has the permissions of the role that was assumed, not those of the user who assumed it
aws iam put-user-policy --user-name app-role-host --policy-name objects --policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::app-bucket/*"}]}'
