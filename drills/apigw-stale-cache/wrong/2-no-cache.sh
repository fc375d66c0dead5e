# refused because: the server gets every look of every screen
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
aws apigateway update-stage --rest-api-id "$API" --stage-name prod \
    --patch-operations op=replace,path=/~1orders/GET/caching/enabled,value=false
