# refused because: the same failure under another status
api=$(aws apigateway get-rest-apis --query "items[?name=='shop'].id" --output text)
aws apigateway put-gateway-response --rest-api-id "$api" --response-type DEFAULT_5XX --status-code 400
aws apigateway create-deployment --rest-api-id "$api" --stage-name prod
