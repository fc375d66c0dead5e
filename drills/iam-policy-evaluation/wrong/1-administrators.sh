# refused because: identity policies of the management account reach neither a boundary, nor a session's policy, nor another account
for ROLE in invoices thumbnails export; do
    aws iam attach-role-policy --role-name $ROLE --policy-arn arn:aws:iam::aws:policy/AdministratorAccess
done
