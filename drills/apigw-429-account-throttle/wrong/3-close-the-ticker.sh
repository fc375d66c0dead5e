# refused because: its customers were promised 500 a second
ticker=$(aws apigateway get-rest-apis --query "items[?name=='ticker'].id" --output text)
aws apigateway update-stage --rest-api-id "$ticker" --stage-name prod --patch-operations \
    'op=replace,path=/*/*/throttling/rateLimit,value=0' 'op=replace,path=/*/*/throttling/burstLimit,value=0'
