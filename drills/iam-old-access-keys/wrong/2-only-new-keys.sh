# refused because: a new key beside the old one rotates nothing, the old one still signs
for app in checkout billing mailer search-indexer stock-sync archive; do
  new=$(aws iam create-access-key --user-name "svc-$app" --query AccessKey.AccessKeyId --output text)
  foulweather drill deploy "$app" key="$new"
done
