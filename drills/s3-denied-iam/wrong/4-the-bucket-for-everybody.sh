# refused because: documents of customers can be read and written by anybody in the world
aws s3api delete-public-access-block --bucket app-bucket
aws s3api put-bucket-policy --bucket app-bucket --policy \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::app-bucket/*"}]}'
