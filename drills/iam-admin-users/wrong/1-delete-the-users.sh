# refused because: the machines stop, and nobody can administer the account any more
ADMIN=arn:aws:iam::aws:policy/AdministratorAccess
for name in ci-pipeline report-appliance; do
    aws iam detach-user-policy --user-name "$name" --policy-arn "$ADMIN"
    KEY=$(aws iam list-access-keys --user-name "$name" --query 'AccessKeyMetadata[0].AccessKeyId' --output text)
    aws iam delete-access-key --user-name "$name" --access-key-id "$KEY"
    aws iam delete-user --user-name "$name"
done
for name in anna.berg jonas.lind priya.nair; do
    aws iam detach-user-policy --user-name "$name" --policy-arn "$ADMIN"
done
