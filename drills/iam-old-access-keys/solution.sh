keys_of() { aws iam list-access-keys --user-name "$1" --query 'AccessKeyMetadata[].AccessKeyId' --output text; }
# The keys that were never used, or by somebody who has left.
for user in ci-legacy contractor-jo backup-2024; do
  for key in $(keys_of "$user"); do
    aws iam delete-access-key --user-name "$user" --access-key-id "$key"
  done
done
# Two keys are a user's limit: the idle one of svc-reports makes room.
for key in $(keys_of svc-reports); do
  used=$(aws iam get-access-key-last-used --access-key-id "$key" --query AccessKeyLastUsed.ServiceName --output text)
  if [ "$used" = "N/A" ]; then aws iam delete-access-key --user-name svc-reports --access-key-id "$key"; fi
done
# A second key, the release that takes it into use, and only then the end of the first.
for app in checkout billing mailer search-indexer stock-sync reports archive; do
  old=$(keys_of "svc-$app")
  new=$(aws iam create-access-key --user-name "svc-$app" --query AccessKey.AccessKeyId --output text)
  foulweather drill deploy "$app" key="$new"
  aws iam update-access-key --user-name "svc-$app" --access-key-id "$old" --status Inactive
done
