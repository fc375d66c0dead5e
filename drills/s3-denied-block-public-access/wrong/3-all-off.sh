# refused because: pictures are seen again, and so are the customers of partner-exports
# s3control puts the account in front of the endpoint's host name: a name under localhost bears that, an address does not.
s3control() { http_proxy="$AWS_ENDPOINT_URL" no_proxy='' aws s3control "$@" --endpoint-url "${AWS_ENDPOINT_URL/127.0.0.1/localhost}"; }
s3control delete-public-access-block --account-id "$ACCOUNT"
aws s3api delete-public-access-block --bucket press-kit
