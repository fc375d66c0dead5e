# refused because: reading is right now, and the names of all contracts can be listed
aws iam put-role-policy --role-name app-role --policy-name work --policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::app-bucket"},{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::app-bucket/uploads/*"}]}'
