# refused because: another status for the same refusal serves nobody
api=$(aws apigateway get-rest-apis --query "items[?name=='quotes'].id" --output text)
aws apigateway put-gateway-response --rest-api-id "$api" --response-type API_CONFIGURATION_ERROR --status-code 429
aws apigateway create-deployment --rest-api-id "$api" --stage-name prod
