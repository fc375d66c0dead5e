# refused because: the applications sign with the root user's key, which may do everything
for app in checkout billing mailer search-indexer stock-sync reports archive; do
  foulweather drill deploy "$app" key="$AWS_ACCESS_KEY_ID"
done
for user in $(aws iam list-users --query 'Users[].UserName' --output text); do
  for key in $(aws iam list-access-keys --user-name "$user" --query 'AccessKeyMetadata[].AccessKeyId' --output text); do
    aws iam delete-access-key --user-name "$user" --access-key-id "$key"
  done
done
