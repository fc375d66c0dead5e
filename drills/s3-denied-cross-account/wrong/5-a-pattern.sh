# refused because: everybody whose ARN is like a role of theirs is each of their roles
OTHER=$(aws s3api get-bucket-policy --bucket app-bucket --query Policy --output text | grep -o 'iam::[0-9]*' | head -1)
aws s3api put-bucket-policy --bucket app-bucket --policy \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:${OTHER}:root\"},\"Action\":[\"s3:GetObject\",\"s3:ListBucket\"],\"Resource\":[\"arn:aws:s3:::app-bucket\",\"arn:aws:s3:::app-bucket/*\"],\"Condition\":{\"ArnLike\":{\"aws:PrincipalArn\":\"arn:aws:${OTHER}:role/*\"}}}]}"
