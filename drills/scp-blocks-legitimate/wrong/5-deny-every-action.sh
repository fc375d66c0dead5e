# refused because: with Action * instead of NotAction the warehouse cannot sign in at the STS endpoint of Frankfurt any more
ID=$(aws organizations list-policies --filter SERVICE_CONTROL_POLICY --query "Policies[?Name=='RestrictRegions'].Id" --output text)
aws organizations update-policy --policy-id "$ID" --content '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["us-east-1","us-west-2","eu-west-1"]}}}]}'
