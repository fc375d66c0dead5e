# One rule for each prefix that photos come under; what the function writes meets neither.
FUNCTION=arn:aws:lambda:us-east-1:$ACCOUNT:function:make-thumbnail
rule() {
    echo "{\"Id\": \"$1\", \"LambdaFunctionArn\": \"$FUNCTION\", \"Events\": [\"s3:ObjectCreated:*\"],
        \"Filter\": {\"Key\": {\"FilterRules\": [{\"Name\": \"prefix\", \"Value\": \"$1/\"}]}}}"
}
aws s3api put-bucket-notification-configuration --bucket photos \
    --notification-configuration "{\"LambdaFunctionConfigurations\": [$(rule web), $(rule mobile)]}"
