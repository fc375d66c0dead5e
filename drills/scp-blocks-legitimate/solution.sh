POLICY=$(aws organizations list-policies --filter SERVICE_CONTROL_POLICY --query "Policies[?Name=='RestrictRegions'].Id" --output text)
aws organizations describe-policy --policy-id "$POLICY" --query Policy.Content --output text > /tmp/scp-$$.json
sed 's/"us-west-2"/"us-west-2", "eu-west-1"/' /tmp/scp-$$.json > /tmp/scp-$$-new.json
aws organizations update-policy --policy-id "$POLICY" --content "file:///tmp/scp-$$-new.json"
rm /tmp/scp-$$.json /tmp/scp-$$-new.json
