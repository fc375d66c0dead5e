# refused because: an address is changed faster than a policy
POLICY='{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"198.51.100.23/32"}}}}'
aws iam put-user-policy --user-name ci-deploy --policy-name BlockAddress --policy-document "$POLICY"
aws iam put-role-policy --role-name deployer --policy-name BlockAddress --policy-document "$POLICY"
