# refused because: whoever places an order is not asked who he is
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
RESOURCE=$(aws apigateway get-resources --rest-api-id "$API" --query "items[?path=='/orders'].id" --output text)
for method in GET POST DELETE; do
    aws apigateway update-method --rest-api-id "$API" --resource-id "$RESOURCE" --http-method "$method" \
        --patch-operations op=replace,path=/authorizationType,value=NONE
done
aws apigateway create-deployment --rest-api-id "$API" --stage-name prod
