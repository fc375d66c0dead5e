# refused because: what is not deployed is not what the stage serves
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
RESOURCE=$(aws apigateway get-resources --rest-api-id "$API" --query "items[?path=='/orders'].id" --output text)
aws apigateway update-integration --rest-api-id "$API" --resource-id "$RESOURCE" --http-method GET \
    --patch-operations op=replace,path=/httpMethod,value=POST
