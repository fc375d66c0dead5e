# refused because: it helps until the end of the month, and acme has bought another plan
plan=$(aws apigateway get-usage-plans --query "items[?name=='free'].id" --output text)
key=$(aws apigateway get-api-keys --name-query acme --query 'items[0].id' --output text)
aws apigateway update-usage --usage-plan-id "$plan" --key-id "$key" --patch-operations op=replace,path=/remaining,value=5000
