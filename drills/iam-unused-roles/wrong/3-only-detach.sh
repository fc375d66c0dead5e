# refused because: the roles are still there, trusted by strangers, and one attachment away from being as strong as before
for role in atlas-export cobalt-serve payments-bridge nightly-backup; do
    aws iam detach-role-policy --role-name "$role" --policy-arn "arn:aws:iam::$ACCOUNT:policy/project-publish"
done
for role in atlas-import vendor-audit; do
    aws iam delete-role-policy --role-name "$role" --policy-name work
done
aws iam detach-role-policy --role-name partner-upload --policy-arn arn:aws:iam::aws:policy/AdministratorAccess
