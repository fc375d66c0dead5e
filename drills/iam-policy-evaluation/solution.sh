# The identity policy of invoices
aws iam put-role-policy --role-name invoices --policy-name work --policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::shared-data/invoices/*"}]}'
# The permissions boundary of thumbnails
aws iam create-policy-version --policy-arn "arn:aws:iam::$ACCOUNT:policy/AppBoundary" --set-as-default --policy-document \
    '{"Version":"2012-10-17","Statement":[{"Sid":"Pictures","Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::shared-data/pictures/*"},{"Sid":"WhoAmI","Effect":"Allow","Action":"sts:GetCallerIdentity","Resource":"*"}]}' > /dev/null
# The session policy of export
foulweather drill deploy export session=read-write
# The service control policy over the account branch
GUARDRAIL=$(aws organizations list-policies --filter SERVICE_CONTROL_POLICY --query "Policies[?Name=='ProtectData'].Id" --output text)
aws organizations update-policy --policy-id "$GUARDRAIL" --content \
    '{"Version":"2012-10-17","Statement":[{"Sid":"OnlySyncWrites","Effect":"Deny","Action":["s3:PutObject","s3:DeleteObject"],"Resource":"*","Condition":{"ArnNotLike":{"aws:PrincipalArn":["arn:aws:iam::*:role/branch-sync"]}}}]}' > /dev/null
# The bucket policy of shared-data
aws s3api get-bucket-policy --bucket shared-data --query Policy --output text > /tmp/policy-$$.json
sed 's|/catalogue.json"|/catalog.json"|' /tmp/policy-$$.json > /tmp/policy-$$-new.json
aws s3api put-bucket-policy --bucket shared-data --policy "file:///tmp/policy-$$-new.json"
rm /tmp/policy-$$.json /tmp/policy-$$-new.json
