# refused because: the emptied cache fills again, for five minutes
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
aws apigateway flush-stage-cache --rest-api-id "$API" --stage-name prod
