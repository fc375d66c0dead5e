# refused because: an Allow beside the Deny, in the same policy, changes nothing either
aws s3api get-bucket-policy --bucket app-bucket --query Policy --output text > /tmp/policy-$$.json
sed "s|\"Statement\": *\[|\"Statement\": [{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::$ACCOUNT:role/app-role\"},\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::app-bucket/*\"},|" \
    /tmp/policy-$$.json > /tmp/policy-$$-new.json
aws s3api put-bucket-policy --bucket app-bucket --policy "file:///tmp/policy-$$-new.json"
rm /tmp/policy-$$.json /tmp/policy-$$-new.json
