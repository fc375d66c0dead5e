# refused because: a plan's limits cannot be above the account's, and nobody is refused by a plan here
api=$(aws apigateway get-rest-apis --query "items[?name=='payments'].id" --output text)
aws apigateway create-usage-plan --name payments --throttle rateLimit=2000,burstLimit=2000 --api-stages "apiId=$api,stage=prod"
