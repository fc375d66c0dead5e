# refused because: the bucket is the whole world's
aws s3api delete-public-access-block --bucket app-bucket
aws s3api put-bucket-policy --bucket app-bucket --policy \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::app-bucket","arn:aws:s3:::app-bucket/*"]}]}'
