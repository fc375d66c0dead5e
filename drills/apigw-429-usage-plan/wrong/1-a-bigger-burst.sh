# refused because: a bucket of 5,000 is empty after six seconds of the sale
plan=$(aws apigateway get-usage-plans --query "items[?name=='shop-plan'].id" --output text)
aws apigateway update-usage-plan --usage-plan-id "$plan" --patch-operations op=replace,path=/throttle/burstLimit,value=5000
