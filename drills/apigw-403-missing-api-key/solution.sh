PLAN=$(aws apigateway get-usage-plans --query "items[?name=='partners'].id" --output text)
KEY=$(aws apigateway get-api-keys --name-query acme-2026 --query 'items[0].id' --output text)
aws apigateway create-usage-plan-key --usage-plan-id "$PLAN" --key-id "$KEY" --key-type API_KEY
