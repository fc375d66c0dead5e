# refused because: a role of the same name in our account is another role, and theirs gets nothing by it
aws iam create-role --role-name reports-v2 --assume-role-policy-document \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::$ACCOUNT:root\"},\"Action\":\"sts:AssumeRole\"}]}" > /dev/null
aws iam put-role-policy --role-name reports-v2 --policy-name read --policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::app-bucket","arn:aws:s3:::app-bucket/*"]}]}'
