# refused because: take-order answers, and it takes orders
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
RESOURCE=$(aws apigateway get-resources --rest-api-id "$API" --query "items[?path=='/orders'].id" --output text)
URI=$(aws apigateway get-integration --rest-api-id "$API" --resource-id "$RESOURCE" --http-method POST --query uri --output text)
aws apigateway put-integration --rest-api-id "$API" --resource-id "$RESOURCE" --http-method GET --type AWS_PROXY \
    --integration-http-method POST --uri "$URI"
aws apigateway create-deployment --rest-api-id "$API" --stage-name prod
