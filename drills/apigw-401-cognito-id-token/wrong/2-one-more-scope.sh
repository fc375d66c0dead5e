# refused because: an ID token has no scopes, whichever the method would take
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
RESOURCE=$(aws apigateway get-resources --rest-api-id "$API" --query "items[?path=='/orders'].id" --output text)
aws apigateway update-method --rest-api-id "$API" --resource-id "$RESOURCE" --http-method GET \
    --patch-operations op=add,path=/authorizationScopes,value=openid
aws apigateway create-deployment --rest-api-id "$API" --stage-name prod
