# refused because: people are told apart, and their pages are not
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
RESOURCE=$(aws apigateway get-resources --rest-api-id "$API" --query "items[?path=='/orders'].id" --output text)
aws apigateway put-integration --rest-api-id "$API" --resource-id "$RESOURCE" --http-method GET --type HTTP_PROXY \
    --integration-http-method GET --uri https://orders.example.com/orders \
    --cache-key-parameters method.request.header.Authorization
aws apigateway create-deployment --rest-api-id "$API" --stage-name prod
aws apigateway flush-stage-cache --rest-api-id "$API" --stage-name prod
