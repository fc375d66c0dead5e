# refused because: the model is the contract with the warehouse, and it refuses rightly
api=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
aws apigateway update-model --rest-api-id "$api" --model-name CreateOrderRequest --patch-operations \
    '[{"op":"replace","path":"/schema","value":"{\"type\":\"object\",\"required\":[\"customerId\",\"items\"]}"}]'
aws apigateway create-deployment --rest-api-id "$api" --stage-name prod
