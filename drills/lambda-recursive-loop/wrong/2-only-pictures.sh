# refused because: thumbnails end with .jpg as well
aws s3api put-bucket-notification-configuration --bucket photos --notification-configuration "{\"LambdaFunctionConfigurations\": [{
    \"Id\": \"jpg\", \"LambdaFunctionArn\": \"arn:aws:lambda:us-east-1:$ACCOUNT:function:make-thumbnail\", \"Events\": [\"s3:ObjectCreated:*\"],
    \"Filter\": {\"Key\": {\"FilterRules\": [{\"Name\": \"suffix\", \"Value\": \".jpg\"}]}}}]}"
