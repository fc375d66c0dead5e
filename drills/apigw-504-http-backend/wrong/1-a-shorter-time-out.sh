# refused because: a shorter time-out only says sooner that nothing came
API=$(aws apigateway get-rest-apis --query "items[?name=='stock'].id" --output text)
RESOURCE=$(aws apigateway get-resources --rest-api-id "$API" --query "items[?path=='/stock'].id" --output text)
aws apigateway update-integration --rest-api-id "$API" --resource-id "$RESOURCE" --http-method GET \
    --patch-operations op=replace,path=/timeoutInMillis,value=5000
aws apigateway create-deployment --rest-api-id "$API" --stage-name prod
