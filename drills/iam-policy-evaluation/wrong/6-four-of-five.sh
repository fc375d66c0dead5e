# refused because: an Allow for the role in the bucket policy does not get past the policy of its session
source "$(dirname "${BASH_SOURCE[0]}")/../solution.sh"
foulweather drill deploy export session=read-only
BRANCH=$(aws organizations list-accounts --query "Accounts[?Name=='branch'].Id" --output text)
aws s3api put-bucket-policy --bucket shared-data --policy \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::$BRANCH:role/partner-read\"},\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::shared-data/catalog.json\"},{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::$ACCOUNT:role/export\"},\"Action\":\"s3:PutObject\",\"Resource\":\"arn:aws:s3:::shared-data/exports/*\"}]}"
