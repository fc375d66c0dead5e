# refused because: without the guardrail both accounts may work in every region of the world
ID=$(aws organizations list-policies --filter SERVICE_CONTROL_POLICY --query "Policies[?Name=='RestrictRegions'].Id" --output text)
UNIT=$(aws organizations list-targets-for-policy --policy-id "$ID" --query 'Targets[0].TargetId' --output text)
aws organizations detach-policy --policy-id "$ID" --target-id "$UNIT"
