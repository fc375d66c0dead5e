# refused because: an emptied cache fills with the next request
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
RESOURCE=$(aws apigateway get-resources --rest-api-id "$API" --query "items[?path=='/orders'].id" --output text)
aws apigateway flush-stage-cache --rest-api-id "$API" --stage-name prod
