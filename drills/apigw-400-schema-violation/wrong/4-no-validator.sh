# refused because: without a validator every body reaches the function and the warehouse
api=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
resource=$(aws apigateway get-resources --rest-api-id "$api" --query "items[?path=='/orders'].id" --output text)
aws apigateway update-method --rest-api-id "$api" --resource-id "$resource" --http-method POST --patch-operations op=remove,path=/requestValidatorId
aws apigateway create-deployment --rest-api-id "$api" --stage-name prod
