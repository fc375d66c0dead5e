# refused because: the stage lets 200 a second through already; the key's own limit comes first
api=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
aws apigateway update-stage --rest-api-id "$api" --stage-name prod --patch-operations \
    op=replace,path=/orders/GET/throttling/rateLimit,value=500 op=replace,path=/orders/GET/throttling/burstLimit,value=1000
