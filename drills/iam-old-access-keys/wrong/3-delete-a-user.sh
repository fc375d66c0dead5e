# refused because: with its user, the application lost its identity and its permissions
for key in $(aws iam list-access-keys --user-name svc-mailer --query 'AccessKeyMetadata[].AccessKeyId' --output text); do
  aws iam delete-access-key --user-name svc-mailer --access-key-id "$key"
done
aws iam delete-user-policy --user-name svc-mailer --policy-name send
aws iam delete-user --user-name svc-mailer
