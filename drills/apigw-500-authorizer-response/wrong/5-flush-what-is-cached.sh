# refused because: an answer that was not understood is not cached either
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
aws apigateway flush-stage-authorizers-cache --rest-api-id "$API" --stage-name prod
