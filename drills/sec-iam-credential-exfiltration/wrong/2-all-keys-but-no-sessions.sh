# refused because: sessions outlive the keys that they were made with, this one by a day and a half
for KEY in $(aws iam list-access-keys --user-name ci-deploy --query 'AccessKeyMetadata[].AccessKeyId' --output text); do
    aws iam delete-access-key --user-name ci-deploy --access-key-id "$KEY"
done
NEW=$(aws iam create-access-key --user-name ci-deploy --query AccessKey.AccessKeyId --output text)
foulweather drill deploy pipeline key="$NEW"
