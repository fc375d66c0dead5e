api=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
plan=$(aws apigateway get-usage-plans --query "items[?name=='free'].id" --output text)
aws apigateway update-usage-plan --usage-plan-id "$plan" --patch-operations \
    "op=replace,path=/apiStages/$api:prod/throttle/~1orders~1GET/rateLimit,value=20" \
    "op=replace,path=/apiStages/$api:prod/throttle/~1orders~1GET/burstLimit,value=40"
