# refused because: acme stays on the free plan for everything else
free=$(aws apigateway get-usage-plans --query "items[?name=='free'].id" --output text)
pro=$(aws apigateway get-usage-plans --query "items[?name=='pro'].id" --output text)
key=$(aws apigateway get-api-keys --name-query acme --query 'items[0].id' --output text)
aws apigateway delete-usage-plan-key --usage-plan-id "$free" --key-id "$key"
aws apigateway create-usage-plan-key --usage-plan-id "$pro" --key-id "$key" --key-type API_KEY
