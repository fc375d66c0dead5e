# refused because: a made-up answer is no list of orders
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
RESOURCE=$(aws apigateway get-resources --rest-api-id "$API" --query "items[?path=='/orders'].id" --output text)
aws apigateway put-integration --rest-api-id "$API" --resource-id "$RESOURCE" --http-method GET --type MOCK \
    --request-templates '{"application/json": "{\"statusCode\": 200}"}'
aws apigateway put-method-response --rest-api-id "$API" --resource-id "$RESOURCE" --http-method GET --status-code 200
aws apigateway put-integration-response --rest-api-id "$API" --resource-id "$RESOURCE" --http-method GET --status-code 200
aws apigateway create-deployment --rest-api-id "$API" --stage-name prod
