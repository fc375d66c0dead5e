# refused because: archive runs once a week, and its key was taken for a forgotten one
for user in ci-legacy contractor-jo backup-2024 svc-archive; do
  for key in $(aws iam list-access-keys --user-name "$user" --query 'AccessKeyMetadata[].AccessKeyId' --output text); do
    aws iam update-access-key --user-name "$user" --access-key-id "$key" --status Inactive
  done
done
