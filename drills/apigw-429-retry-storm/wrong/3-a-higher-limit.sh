# refused because: the limit is what the warehouse bears; its failure would be worse than a 429
api=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
aws apigateway update-stage --rest-api-id "$api" --stage-name prod --patch-operations \
    'op=replace,path=/*/*/throttling/rateLimit,value=100' 'op=replace,path=/*/*/throttling/burstLimit,value=200'
