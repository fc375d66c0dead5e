# refused because: it is not too fast; a rate has nothing to do with a month's quota
plan=$(aws apigateway get-usage-plans --query "items[?name=='free'].id" --output text)
aws apigateway update-usage-plan --usage-plan-id "$plan" --patch-operations \
    op=replace,path=/throttle/rateLimit,value=100 op=replace,path=/throttle/burstLimit,value=200
