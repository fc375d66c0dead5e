# refused because: a bucket of 500 for the ticker is the account's whole bucket
ticker=$(aws apigateway get-rest-apis --query "items[?name=='ticker'].id" --output text)
aws apigateway update-stage --rest-api-id "$ticker" --stage-name prod --patch-operations \
    'op=replace,path=/*/*/throttling/rateLimit,value=1000' 'op=replace,path=/*/*/throttling/burstLimit,value=500'
