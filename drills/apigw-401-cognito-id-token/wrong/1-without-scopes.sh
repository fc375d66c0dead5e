# refused because: without scopes it is the other way round: an ID token passes, and the mobile app's access token does not
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
RESOURCE=$(aws apigateway get-resources --rest-api-id "$API" --query "items[?path=='/orders'].id" --output text)
aws apigateway update-method --rest-api-id "$API" --resource-id "$RESOURCE" --http-method GET \
    --patch-operations op=remove,path=/authorizationScopes,value=aws.cognito.signin.user.admin
aws apigateway create-deployment --rest-api-id "$API" --stage-name prod
