# refused because: 200 over the same refusal has no order in it
api=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
aws apigateway put-gateway-response --rest-api-id "$api" --response-type DEFAULT_5XX --status-code 200
aws apigateway create-deployment --rest-api-id "$api" --stage-name prod
