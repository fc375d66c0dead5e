# refused because: unused-capacity-report reports unused capacity, every week; a name is not a usage
for role in unused-capacity-report old-partner-gateway tmp-backfill legacy-invoice-export; do
    aws iam delete-role-policy --role-name "$role" --policy-name work
    aws iam delete-role --role-name "$role"
done
