# refused because: the branch has sixteen addresses; the other 240 of 192.0.2.0/24 belong to strangers
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
POLICY='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"execute-api:/prod/*"},{"Effect":"Deny","Principal":"*","Action":"execute-api:Invoke","Resource":"execute-api:/prod/*","Condition":{"NotIpAddress":{"aws:SourceIp":["198.51.100.0/28","192.0.2.0/24"]}}}]}'
aws apigateway update-rest-api --rest-api-id "$API" --patch-operations "$(python3 -c 'import json, sys
print(json.dumps([{"op": "replace", "path": "/policy", "value": sys.argv[1]}]))' "$POLICY")"
aws apigateway create-deployment --rest-api-id "$API" --stage-name prod
