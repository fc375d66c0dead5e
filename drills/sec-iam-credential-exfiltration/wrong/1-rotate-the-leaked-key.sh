# refused because: the key that leaked is gone; the key that its finder made with it is not
LEAKED=$(foulweather drill status --json | sed -n 's/.*"key": "\(AKIA[A-Z0-9]*\)".*/\1/p' | head -1)
aws iam delete-access-key --user-name ci-deploy --access-key-id "$LEAKED"
NEW=$(aws iam create-access-key --user-name ci-deploy --query AccessKey.AccessKeyId --output text)
foulweather drill deploy pipeline key="$NEW"
