plan=$(aws apigateway get-usage-plans --query "items[?name=='shop-plan'].id" --output text)
aws apigateway update-usage-plan --usage-plan-id "$plan" --patch-operations \
    op=replace,path=/throttle/rateLimit,value=2000 op=replace,path=/throttle/burstLimit,value=4000
