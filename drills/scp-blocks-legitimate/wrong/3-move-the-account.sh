# refused because: at the root the account is under no guardrail at all: neither the regions' nor the root user's
SHOP=$(aws organizations list-accounts --query "Accounts[?Name=='shop-prod'].Id" --output text)
ROOT=$(aws organizations list-roots --query 'Roots[0].Id' --output text)
UNIT=$(aws organizations list-parents --child-id "$SHOP" --query 'Parents[0].Id' --output text)
aws organizations move-account --account-id "$SHOP" --source-parent-id "$UNIT" --destination-parent-id "$ROOT"
