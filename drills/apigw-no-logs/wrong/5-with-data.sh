# refused because: with data traces the log has everything that customers send
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
aws apigateway update-account --patch-operations \
    "op=replace,path=/cloudwatchRoleArn,value=arn:aws:iam::$ACCOUNT:role/apigateway-logs"
aws apigateway update-stage --rest-api-id "$API" --stage-name prod \
    --patch-operations 'op=replace,path=/*/*/logging/loglevel,value=INFO'
aws apigateway update-stage --rest-api-id "$API" --stage-name prod \
    --patch-operations 'op=replace,path=/*/*/logging/dataTrace,value=true'
FORMAT='{"requestId": "$context.requestId", "status": "$context.status", "error": "$context.error.message"}'
aws apigateway update-stage --rest-api-id "$API" --stage-name prod --patch-operations "$(python3 -c '
import json, sys
settings = {"destinationArn": sys.argv[1], "format": sys.argv[2]}
print(json.dumps([{"op": "replace", "path": f"/accessLogSettings/{name}", "value": value} for name, value in settings.items()]))
' "arn:aws:logs:us-east-1:$ACCOUNT:log-group:/aws/apigateway/$API" "$FORMAT")"
