# refused because: the loop is gone, and the app's photos have no thumbnails
aws s3api put-bucket-notification-configuration --bucket photos --notification-configuration "{\"LambdaFunctionConfigurations\": [{
    \"Id\": \"web\", \"LambdaFunctionArn\": \"arn:aws:lambda:us-east-1:$ACCOUNT:function:make-thumbnail\", \"Events\": [\"s3:ObjectCreated:*\"],
    \"Filter\": {\"Key\": {\"FilterRules\": [{\"Name\": \"prefix\", \"Value\": \"web/\"}]}}}]}"
