# refused because: 10,000 a day is thirty times the free plan, for everybody on it
plan=$(aws apigateway get-usage-plans --query "items[?name=='free'].id" --output text)
aws apigateway update-usage-plan --usage-plan-id "$plan" --patch-operations op=replace,path=/quota/period,value=DAY
