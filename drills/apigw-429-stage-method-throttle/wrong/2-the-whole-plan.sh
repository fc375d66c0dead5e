# refused because: the plan's own limit is wider than the one of the method, which stays
plan=$(aws apigateway get-usage-plans --query "items[?name=='free'].id" --output text)
aws apigateway update-usage-plan --usage-plan-id "$plan" --patch-operations \
    op=replace,path=/throttle/rateLimit,value=200 op=replace,path=/throttle/burstLimit,value=400
