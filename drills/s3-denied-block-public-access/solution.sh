# s3control puts the account in front of the endpoint's host name: a name under localhost bears that, an address does not.
s3control() { http_proxy="$AWS_ENDPOINT_URL" no_proxy='' aws s3control "$@" --endpoint-url "${AWS_ENDPOINT_URL/127.0.0.1/localhost}"; }
aws s3api put-public-access-block --bucket partner-exports --public-access-block-configuration \
    BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
aws s3api put-public-access-block --bucket old-website --public-access-block-configuration \
    BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
s3control put-public-access-block --account-id "$ACCOUNT" --public-access-block-configuration \
    BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=false,RestrictPublicBuckets=false
aws s3api put-public-access-block --bucket press-kit --public-access-block-configuration \
    BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=false,RestrictPublicBuckets=false
