# refused because: nobody can ask what became of an order
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
RESOURCE=$(aws apigateway get-resources --rest-api-id "$API" --query "items[?path=='/orders'].id" --output text)
at() { aws apigateway "$1" --rest-api-id "$API" --resource-id "$RESOURCE" --http-method POST "${@:2}"; }
EXPRESS=$(aws stepfunctions list-state-machines --query "stateMachines[?name=='process-order'].stateMachineArn" --output text)
DEFINITION=$(aws stepfunctions describe-state-machine --state-machine-arn "$EXPRESS" --query definition --output text)
MACHINE=$(aws stepfunctions create-state-machine --name process-order-standard --type STANDARD --definition "$DEFINITION" \
    --role-arn "arn:aws:iam::$ACCOUNT:role/process-order-role" --query stateMachineArn --output text)
aws iam put-role-policy --role-name orders-api-role --policy-name start --policy-document \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"states:StartExecution\",\"Resource\":\"$MACHINE\"}]}"
python3 - "$MACHINE" > /tmp/patch-$$.json <<'PY'
import json, sys
template = json.dumps({"stateMachineArn": sys.argv[1], "input": "BODY"}).replace("BODY", "$util.escapeJavaScript($input.json('$'))")
uri = "arn:aws:apigateway:us-east-1:states:action/StartExecution"
values = {"/uri": uri, "/requestTemplates/application~1json": template}
print(json.dumps([{"op": "replace", "path": path, "value": value} for path, value in values.items()]))
PY
at update-integration --patch-operations "file:///tmp/patch-$$.json"
rm /tmp/patch-$$.json
at delete-integration-response --status-code 200
at put-method-response --status-code 202
at put-integration-response --status-code 202 --response-templates \
    '{"application/json": "{\"status\": \"accepted\"}"}'
aws apigateway create-deployment --rest-api-id "$API" --stage-name prod
