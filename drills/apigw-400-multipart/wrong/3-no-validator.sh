# refused because: then nothing is validated, and what is called JSON is none
api=$(aws apigateway get-rest-apis --query "items[?name=='profiles'].id" --output text)
resource=$(aws apigateway get-resources --rest-api-id "$api" --query "items[?path=='/profile'].id" --output text)
aws apigateway update-method --rest-api-id "$api" --resource-id "$resource" --http-method POST --patch-operations op=remove,path=/requestValidatorId
aws apigateway create-deployment --rest-api-id "$api" --stage-name prod
