# refused because: the extended id is another one than the client was told as x-amzn-RequestId
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
aws apigateway update-account --patch-operations \
    "op=replace,path=/cloudwatchRoleArn,value=arn:aws:iam::$ACCOUNT:role/apigateway-logs"
aws apigateway update-stage --rest-api-id "$API" --stage-name prod \
    --patch-operations 'op=replace,path=/*/*/logging/loglevel,value=INFO'
FORMAT='{"id": "$context.extendedRequestId", "status": "$context.status"}'
aws apigateway update-stage --rest-api-id "$API" --stage-name prod --patch-operations "$(python3 -c '
import json, sys
settings = {"destinationArn": sys.argv[1], "format": sys.argv[2]}
print(json.dumps([{"op": "replace", "path": f"/accessLogSettings/{name}", "value": value} for name, value in settings.items()]))
' "arn:aws:logs:us-east-1:$ACCOUNT:log-group:/aws/apigateway/$API" "$FORMAT")"
