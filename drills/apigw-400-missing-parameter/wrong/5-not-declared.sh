# refused because: a parameter that the method does not declare is missing in the document, too
api=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
resource=$(aws apigateway get-resources --rest-api-id "$api" --query "items[?path=='/orders'].id" --output text)
aws apigateway update-method --rest-api-id "$api" --resource-id "$resource" --http-method GET --patch-operations \
    op=remove,path=/requestParameters/method.request.querystring.limit
aws apigateway create-deployment --rest-api-id "$api" --stage-name prod
