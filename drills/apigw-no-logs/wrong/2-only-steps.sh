# refused because: the log of accesses is still missing
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
aws apigateway update-account --patch-operations \
    "op=replace,path=/cloudwatchRoleArn,value=arn:aws:iam::$ACCOUNT:role/apigateway-logs"
aws apigateway update-stage --rest-api-id "$API" --stage-name prod \
    --patch-operations 'op=replace,path=/*/*/logging/loglevel,value=INFO'
