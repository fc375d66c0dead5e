# refused because: 1,200 a second are more than before, and fewer than come
plan=$(aws apigateway get-usage-plans --query "items[?name=='shop-plan'].id" --output text)
aws apigateway update-usage-plan --usage-plan-id "$plan" --patch-operations op=replace,path=/throttle/rateLimit,value=1200
