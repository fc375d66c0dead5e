# refused because: the statuses are right, and a browser still may read none of them
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
RESOURCE=$(aws apigateway get-resources --rest-api-id "$API" --query "items[?path=='/orders/{id}'].id" --output text)
at() { aws apigateway "$1" --rest-api-id "$API" --resource-id "$RESOURCE" --http-method GET "${@:2}"; }
at put-method-response --status-code 404
at put-integration-response --status-code 404 --selection-pattern '4\d{2}'
at put-method-response --status-code 500
at put-integration-response --status-code 500 --selection-pattern '5\d{2}'
aws apigateway create-deployment --rest-api-id "$API" --stage-name prod
