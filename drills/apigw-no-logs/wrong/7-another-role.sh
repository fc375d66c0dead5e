# refused because: this role may not write logs, and nobody says so
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
aws iam create-role --role-name logs --assume-role-policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"apigateway.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
aws apigateway update-account --patch-operations "op=replace,path=/cloudwatchRoleArn,value=arn:aws:iam::$ACCOUNT:role/logs"
aws apigateway update-stage --rest-api-id "$API" --stage-name prod \
    --patch-operations 'op=replace,path=/*/*/logging/loglevel,value=INFO'
FORMAT='{"requestId": "$context.requestId", "status": "$context.status", "error": "$context.error.message"}'
aws apigateway update-stage --rest-api-id "$API" --stage-name prod --patch-operations "$(python3 -c '
import json, sys
settings = {"destinationArn": sys.argv[1], "format": sys.argv[2]}
print(json.dumps([{"op": "replace", "path": f"/accessLogSettings/{name}", "value": value} for name, value in settings.items()]))
' "arn:aws:logs:us-east-1:$ACCOUNT:log-group:/aws/apigateway/$API" "$FORMAT")"
