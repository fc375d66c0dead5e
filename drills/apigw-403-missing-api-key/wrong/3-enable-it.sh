# refused because: the key is enabled; it opens nothing
KEY=$(aws apigateway get-api-keys --name-query acme-2026 --query 'items[0].id' --output text)
aws apigateway update-api-key --api-key "$KEY" --patch-operations op=replace,path=/enabled,value=true
