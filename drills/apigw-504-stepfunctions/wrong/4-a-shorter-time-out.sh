# refused because: it fails sooner, and the order still comes
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
RESOURCE=$(aws apigateway get-resources --rest-api-id "$API" --query "items[?path=='/orders'].id" --output text)
at() { aws apigateway "$1" --rest-api-id "$API" --resource-id "$RESOURCE" --http-method POST "${@:2}"; }
at update-integration --patch-operations op=replace,path=/timeoutInMillis,value=5000
aws apigateway create-deployment --rest-api-id "$API" --stage-name prod
