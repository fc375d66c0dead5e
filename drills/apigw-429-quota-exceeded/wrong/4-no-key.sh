# refused because: without a key there is no quota, for nobody
api=$(aws apigateway get-rest-apis --query "items[?name=='tracking'].id" --output text)
resource=$(aws apigateway get-resources --rest-api-id "$api" --query "items[?path=='/parcels'].id" --output text)
aws apigateway update-method --rest-api-id "$api" --resource-id "$resource" --http-method GET \
    --patch-operations op=replace,path=/apiKeyRequired,value=false
aws apigateway create-deployment --rest-api-id "$api" --stage-name prod
