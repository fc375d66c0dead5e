ticker=$(aws apigateway get-rest-apis --query "items[?name=='ticker'].id" --output text)
aws apigateway update-stage --rest-api-id "$ticker" --stage-name prod --patch-operations \
    'op=replace,path=/*/*/throttling/rateLimit,value=500' 'op=replace,path=/*/*/throttling/burstLimit,value=200'
