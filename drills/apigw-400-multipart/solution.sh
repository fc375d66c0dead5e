cd "$(mktemp -d)"
foulweather drill deploy mobile form_header=library
api=$(aws apigateway get-rest-apis --query "items[?name=='profiles'].id" --output text)
aws apigateway update-rest-api --rest-api-id "$api" --patch-operations op=add,path=/binaryMediaTypes/multipart~1form-data
cat > "response.json" <<'JSON'
{"application/json": "{\"message\":$context.error.messageString,\"details\":\"$util.escapeJavaScript($context.error.validationErrorString)\"}"}
JSON
aws apigateway put-gateway-response --rest-api-id "$api" --response-type BAD_REQUEST_BODY --status-code 400 \
    --response-templates "file://response.json"
aws apigateway create-deployment --rest-api-id "$api" --stage-name prod
