# refused because: now everybody may have the cache answer afresh, and strangers too
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
aws apigateway update-stage --rest-api-id "$API" --stage-name prod \
    --patch-operations op=replace,path=/~1orders/GET/caching/requireAuthorizationForCacheControl,value=false
foulweather drill deploy shop refresh=after-placing
