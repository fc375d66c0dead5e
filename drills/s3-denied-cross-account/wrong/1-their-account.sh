# refused because: with the account as principal each of its roles that may read S3 reads our bucket
aws s3api get-bucket-policy --bucket app-bucket --query Policy --output text > /tmp/policy-$$.json
sed 's|:role/reports"|:root"|g' /tmp/policy-$$.json > /tmp/policy-$$-new.json
aws s3api put-bucket-policy --bucket app-bucket --policy "file:///tmp/policy-$$-new.json"
rm /tmp/policy-$$.json /tmp/policy-$$-new.json
