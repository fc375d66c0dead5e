# refused because: a matching Deny overrides every Allow, however many there are
aws iam put-role-policy --role-name app-role --policy-name read --policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject*","Resource":"arn:aws:s3:::app-bucket/*"}]}'
