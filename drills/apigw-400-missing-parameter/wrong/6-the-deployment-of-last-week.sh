# refused because: it is served again, and the next deployment of whatever else brings the same incident back
api=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
old=$(aws apigateway get-deployments --rest-api-id "$api" --query 'sort_by(items, &createdDate)[0].id' --output text)
aws apigateway update-stage --rest-api-id "$api" --stage-name prod --patch-operations "op=replace,path=/deploymentId,value=$old"
