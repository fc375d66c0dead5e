# refused because: a plan without quota and throttle is none that partners have agreed to
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
KEY=$(aws apigateway get-api-keys --name-query acme-2026 --query 'items[0].id' --output text)
PLAN=$(aws apigateway create-usage-plan --name acme --api-stages "apiId=$API,stage=prod" --query id --output text)
aws apigateway create-usage-plan-key --usage-plan-id "$PLAN" --key-id "$KEY" --key-type API_KEY
