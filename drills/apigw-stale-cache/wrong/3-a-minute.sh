# refused because: a minute is too long for somebody who looks after five seconds
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
aws apigateway update-stage --rest-api-id "$API" --stage-name prod \
    --patch-operations op=replace,path=/~1orders/GET/caching/ttlInSeconds,value=60
aws apigateway flush-stage-cache --rest-api-id "$API" --stage-name prod
