# refused because: eu-* opens London, Frankfurt and all others that nobody approved
ID=$(aws organizations list-policies --filter SERVICE_CONTROL_POLICY --query "Policies[?Name=='RestrictRegions'].Id" --output text)
aws organizations update-policy --policy-id "$ID" --content '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","NotAction":["iam:*","sts:*","organizations:*","route53:*","cloudfront:*","support:*","budgets:*"],"Resource":"*","Condition":{"StringNotLike":{"aws:RequestedRegion":["us-east-1","us-west-2","eu-*"]}}}]}'
