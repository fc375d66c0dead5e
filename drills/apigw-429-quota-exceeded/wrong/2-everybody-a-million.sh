# refused because: zeta and all others on the free plan have bought nothing
plan=$(aws apigateway get-usage-plans --query "items[?name=='free'].id" --output text)
aws apigateway update-usage-plan --usage-plan-id "$plan" --patch-operations op=replace,path=/quota/limit,value=1000000
