# refused because: a method that asks for no key answers everybody
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
RESOURCE=$(aws apigateway get-resources --rest-api-id "$API" --query "items[?path=='/orders'].id" --output text)
aws apigateway update-method --rest-api-id "$API" --resource-id "$RESOURCE" --http-method GET \
    --patch-operations op=replace,path=/apiKeyRequired,value=false
aws apigateway create-deployment --rest-api-id "$API" --stage-name prod
