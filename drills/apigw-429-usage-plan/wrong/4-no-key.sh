# refused because: a method that asks for no key is held back by no plan, and open to everybody
api=$(aws apigateway get-rest-apis --query "items[?name=='shop'].id" --output text)
resource=$(aws apigateway get-resources --rest-api-id "$api" --query "items[?path=='/checkout'].id" --output text)
aws apigateway update-method --rest-api-id "$api" --resource-id "$resource" --http-method POST \
    --patch-operations op=replace,path=/apiKeyRequired,value=false
aws apigateway create-deployment --rest-api-id "$api" --stage-name prod
