TMPDIR=$(mktemp -d)
foulweather drill deploy web-shop gifts=one empty_cart=kept
api=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
cat > "$TMPDIR/response.json" <<'JSON'
{"application/json": "{\"message\":$context.error.messageString,\"violations\":\"$context.error.validationErrorString\"}"}
JSON
aws apigateway put-gateway-response --rest-api-id "$api" --response-type BAD_REQUEST_BODY --status-code 400 \
    --response-templates "file://$TMPDIR/response.json"
aws apigateway create-deployment --rest-api-id "$api" --stage-name prod
