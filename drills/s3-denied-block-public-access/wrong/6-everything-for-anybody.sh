# refused because: anybody can write into the press kit, and list it
# s3control puts the account in front of the endpoint's host name: a name under localhost bears that, an address does not.
s3control() { http_proxy="$AWS_ENDPOINT_URL" no_proxy='' aws s3control "$@" --endpoint-url "${AWS_ENDPOINT_URL/127.0.0.1/localhost}"; }
for BUCKET in partner-exports old-website; do
    aws s3api put-public-access-block --bucket $BUCKET --public-access-block-configuration \
        BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
done
s3control delete-public-access-block --account-id "$ACCOUNT"
aws s3api delete-public-access-block --bucket press-kit
aws s3api put-bucket-policy --bucket press-kit --policy \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::press-kit","arn:aws:s3:::press-kit/*"]}]}'
