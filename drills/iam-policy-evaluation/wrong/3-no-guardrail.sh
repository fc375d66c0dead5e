# refused because: without the service control policy the clerk writes into branch-data
source "$(dirname "${BASH_SOURCE[0]}")/../solution.sh"
UNIT=$(aws organizations list-targets-for-policy --policy-id "$GUARDRAIL" --query 'Targets[0].TargetId' --output text)
aws organizations detach-policy --policy-id "$GUARDRAIL" --target-id "$UNIT"
