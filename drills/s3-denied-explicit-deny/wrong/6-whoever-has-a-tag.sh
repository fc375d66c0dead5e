# refused because: an exception for the account's roles is one for interns, too
aws s3api get-bucket-policy --bucket app-bucket --query Policy --output text > /tmp/policy-$$.json
sed "s|\"StringNotEquals\": *{|\"ArnNotLike\": {\"aws:PrincipalArn\": \"arn:aws:iam::$ACCOUNT:role/*\"}, \"StringNotEquals\": {|" \
    /tmp/policy-$$.json > /tmp/policy-$$-new.json
aws s3api put-bucket-policy --bucket app-bucket --policy "file:///tmp/policy-$$-new.json"
rm /tmp/policy-$$.json /tmp/policy-$$-new.json
