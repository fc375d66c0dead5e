# refused because: an Allow of everything makes FullAWSAccess of the guardrail, and opens every region
ID=$(aws organizations list-policies --filter SERVICE_CONTROL_POLICY --query "Policies[?Name=='RestrictRegions'].Id" --output text)
aws organizations update-policy --policy-id "$ID" --content '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
