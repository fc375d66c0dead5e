# refused because: a function that charges cards could delete what the auditors read
aws iam put-role-policy --role-name charge-card-role --policy-name logs --policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:*","Resource":"*"}]}'
