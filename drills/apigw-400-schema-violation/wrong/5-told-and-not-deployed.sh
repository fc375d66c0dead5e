# refused because: gateway responses, too, are answered from the deployment
foulweather drill deploy web-shop gifts=one empty_cart=kept
api=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
aws apigateway put-gateway-response --rest-api-id "$api" --response-type BAD_REQUEST_BODY --status-code 400 \
    --response-templates '{"application/json": "{\"message\":\"$context.error.validationErrorString\"}"}'
