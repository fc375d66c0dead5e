# refused because: a deny without its condition denies always, and the shop stands still in America, too
ID=$(aws organizations list-policies --filter SERVICE_CONTROL_POLICY --query "Policies[?Name=='RestrictRegions'].Id" --output text)
aws organizations update-policy --policy-id "$ID" --content '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","NotAction":["iam:*","sts:*","organizations:*"],"Resource":"*"}]}'
