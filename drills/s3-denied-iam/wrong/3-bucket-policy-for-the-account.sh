# refused because: a bucket policy that names the account leaves it to the account's own policies, and these do not allow it
aws s3api put-bucket-policy --bucket app-bucket --policy \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::$ACCOUNT:root\"},\"Action\":[\"s3:GetObject\",\"s3:PutObject\"],\"Resource\":\"arn:aws:s3:::app-bucket/*\"}]}"
