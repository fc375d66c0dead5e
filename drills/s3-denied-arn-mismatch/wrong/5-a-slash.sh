# refused because: an ARN that ends with a slash is no object's, and matches none
aws iam put-role-policy --role-name app-role --policy-name work --policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:ListBucket","s3:GetObject"],"Resource":["arn:aws:s3:::app-bucket","arn:aws:s3:::app-bucket/"]}]}'
