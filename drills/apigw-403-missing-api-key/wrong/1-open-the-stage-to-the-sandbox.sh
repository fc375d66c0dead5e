# refused because: whoever tries things out in the sandbox now calls production
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
PLAN=$(aws apigateway get-usage-plans --query "items[?name=='sandbox'].id" --output text)
aws apigateway update-usage-plan --usage-plan-id "$PLAN" --patch-operations "op=add,path=/apiStages,value=$API:prod"
