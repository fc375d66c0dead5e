# refused because: for a second each, nearly every request asks the server, and wrong pages are still shown
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
RESOURCE=$(aws apigateway get-resources --rest-api-id "$API" --query "items[?path=='/orders'].id" --output text)
aws apigateway update-stage --rest-api-id "$API" --stage-name prod \
    --patch-operations op=replace,path=/~1orders/GET/caching/ttlInSeconds,value=1
