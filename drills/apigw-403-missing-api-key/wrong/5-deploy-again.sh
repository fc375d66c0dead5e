# refused because: keys and plans are no part of a deployment
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
aws apigateway create-deployment --rest-api-id "$API" --stage-name prod
