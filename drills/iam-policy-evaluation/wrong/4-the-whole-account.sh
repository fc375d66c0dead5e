# refused because: with the account as principal the clerk reads shared-data, for its own side allows it everything
source "$(dirname "${BASH_SOURCE[0]}")/../solution.sh"
BRANCH=$(aws organizations list-accounts --query "Accounts[?Name=='branch'].Id" --output text)
aws s3api put-bucket-policy --bucket shared-data --policy \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::$BRANCH:root\"},\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::shared-data/catalog.json\"}]}"
