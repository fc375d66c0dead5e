# refused because: orders are shown to whoever asks
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
RESOURCE=$(aws apigateway get-resources --rest-api-id "$API" --query "items[?path=='/orders'].id" --output text)
aws apigateway update-method --rest-api-id "$API" --resource-id "$RESOURCE" --http-method GET \
    --patch-operations op=remove,path=/authorizationScopes,value=aws.cognito.signin.user.admin op=replace,path=/authorizationType,value=NONE
aws apigateway create-deployment --rest-api-id "$API" --stage-name prod
