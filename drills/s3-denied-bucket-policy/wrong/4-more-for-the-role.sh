# refused because: the role's own policy allowed it all the time; a Deny of the bucket's is not overruled
aws iam put-role-policy --role-name app-role --policy-name read --policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::app-bucket/*"}]}'
