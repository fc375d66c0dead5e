# refused because: an exception for the role is one for whoever has its credentials, from wherever
aws s3api put-bucket-policy --bucket app-bucket --policy \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"OfficeOnly\",\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":[\"s3:GetObject\",\"s3:PutObject\",\"s3:ListBucket\"],\"Resource\":[\"arn:aws:s3:::app-bucket\",\"arn:aws:s3:::app-bucket/*\"],\"Condition\":{\"NotIpAddress\":{\"aws:SourceIp\":[\"203.0.113.0/24\"]},\"ArnNotLike\":{\"aws:PrincipalArn\":\"arn:aws:iam::$ACCOUNT:role/app-role\"}}}]}"
