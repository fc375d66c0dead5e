# refused because: the answer reads better, and Ann still has no orders
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
aws apigateway put-gateway-response --rest-api-id "$API" --response-type AUTHORIZER_CONFIGURATION_ERROR --status-code 401 \
    --response-templates '{"application/json": "{\"message\": \"Please sign in again\"}"}'
aws apigateway create-deployment --rest-api-id "$API" --stage-name prod
