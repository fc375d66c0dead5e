# refused because: a method's throttle is a ceiling and keeps nothing free: the account's bucket is as empty as before
api=$(aws apigateway get-rest-apis --query "items[?name=='payments'].id" --output text)
aws apigateway update-stage --rest-api-id "$api" --stage-name prod --patch-operations \
    'op=replace,path=/*/*/throttling/rateLimit,value=1000' 'op=replace,path=/*/*/throttling/burstLimit,value=500'
