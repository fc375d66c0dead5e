# refused because: the key policy leaves only its administration to the account's policies, so this permission counts for nothing
aws iam put-role-policy --role-name app-role --policy-name decrypt --policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:Decrypt","Resource":"arn:aws:kms:*:*:key/*"}]}'
