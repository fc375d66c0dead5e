# refused because: one of two statements still names the old role: they list, and read nothing
aws s3api get-bucket-policy --bucket app-bucket --query Policy --output text > /tmp/policy-$$.json
sed 's|:role/reports"|:role/reports-v2"|' /tmp/policy-$$.json > /tmp/policy-$$-new.json
aws s3api put-bucket-policy --bucket app-bucket --policy "file:///tmp/policy-$$-new.json"
rm /tmp/policy-$$.json /tmp/policy-$$-new.json
