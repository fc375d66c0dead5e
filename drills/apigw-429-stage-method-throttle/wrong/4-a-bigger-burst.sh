# refused because: a burst of 100 is spent when somebody looks for longer than a moment; the rate is still five
api=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
plan=$(aws apigateway get-usage-plans --query "items[?name=='free'].id" --output text)
aws apigateway update-usage-plan --usage-plan-id "$plan" --patch-operations \
    "op=replace,path=/apiStages/$api:prod/throttle/~1orders~1GET/burstLimit,value=100"
