# refused because: a cache holds answers, and there is none to hold
API=$(aws apigateway get-rest-apis --query "items[?name=='stock'].id" --output text)
RESOURCE=$(aws apigateway get-resources --rest-api-id "$API" --query "items[?path=='/stock'].id" --output text)
aws apigateway update-stage --rest-api-id "$API" --stage-name prod --patch-operations \
    op=replace,path=/cacheClusterEnabled,value=true op=replace,path=/cacheClusterSize,value=0.5 \
    'op=replace,path=/*/*/caching/enabled,value=true'
