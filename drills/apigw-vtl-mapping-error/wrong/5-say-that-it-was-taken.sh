# refused because: a 400 that is told as a 201 is an order that is lost
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
RESOURCE=$(aws apigateway get-resources --rest-api-id "$API" --query "items[?path=='/orders'].id" --output text)
aws apigateway delete-integration-response --rest-api-id "$API" --resource-id "$RESOURCE" --http-method POST --status-code 400
aws apigateway create-deployment --rest-api-id "$API" --stage-name prod
