# refused because: without their keys the engineers cannot work at all, with or without MFA
for user in ana ben dana emil; do
  for key in $(aws iam list-access-keys --user-name "$user" --query 'AccessKeyMetadata[].AccessKeyId' --output text); do
    aws iam update-access-key --user-name "$user" --access-key-id "$key" --status Inactive
  done
done
