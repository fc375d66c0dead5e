# refused because: the server gets all of the load, for which it is not made
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
RESOURCE=$(aws apigateway get-resources --rest-api-id "$API" --query "items[?path=='/orders'].id" --output text)
aws apigateway update-stage --rest-api-id "$API" --stage-name prod \
    --patch-operations op=replace,path=/~1orders/GET/caching/enabled,value=false
