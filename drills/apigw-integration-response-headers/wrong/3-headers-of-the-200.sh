# refused because: orders that are not there are still found
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
RESOURCE=$(aws apigateway get-resources --rest-api-id "$API" --query "items[?path=='/orders/{id}'].id" --output text)
at() { aws apigateway "$1" --rest-api-id "$API" --resource-id "$RESOURCE" --http-method GET "${@:2}"; }
DECLARED='{"method.response.header.Access-Control-Allow-Origin": false, "method.response.header.X-Order-Version": false}'
MAPPED="{\"method.response.header.Access-Control-Allow-Origin\": \"'https://shop.example.com'\", \"method.response.header.X-Order-Version\": \"integration.response.header.X-Order-Version\"}"
at delete-integration-response --status-code 200
at delete-method-response --status-code 200
at put-method-response --status-code 200 --response-parameters "$DECLARED"
at put-integration-response --status-code 200 \
    --response-parameters "$MAPPED"
aws apigateway create-deployment --rest-api-id "$API" --stage-name prod
