# refused because: the bucket has the setting as well, and the stricter of the two holds
# s3control puts the account in front of the endpoint's host name: a name under localhost bears that, an address does not.
s3control() { http_proxy="$AWS_ENDPOINT_URL" no_proxy='' aws s3control "$@" --endpoint-url "${AWS_ENDPOINT_URL/127.0.0.1/localhost}"; }
s3control put-public-access-block --account-id "$ACCOUNT" --public-access-block-configuration \
    BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=false,RestrictPublicBuckets=false
