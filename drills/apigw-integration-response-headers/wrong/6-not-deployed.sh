# refused because: the stage goes on with the responses of its deployment
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
at put-method-response --status-code 404 --response-parameters "$DECLARED"
at put-integration-response --status-code 404 --selection-pattern '4\d{2}' \
    --response-parameters "$MAPPED"
at put-method-response --status-code 500 --response-parameters "$DECLARED"
at put-integration-response --status-code 500 --selection-pattern '5\d{2}' \
    --response-parameters "$MAPPED"
