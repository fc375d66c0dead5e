# refused because: a role alone writes nothing: the stage still logs nothing
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
aws apigateway update-account --patch-operations \
    "op=replace,path=/cloudwatchRoleArn,value=arn:aws:iam::$ACCOUNT:role/apigateway-logs"
