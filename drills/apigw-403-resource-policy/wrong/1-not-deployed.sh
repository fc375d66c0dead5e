# refused because: a changed policy takes effect with the next deployment
API=$(aws apigateway get-rest-apis --query "items[?name=='orders'].id" --output text)
POLICY='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"execute-api:/prod/*"},{"Effect":"Deny","Principal":"*","Action":"execute-api:Invoke","Resource":"execute-api:/prod/*","Condition":{"NotIpAddress":{"aws:SourceIp":["198.51.100.0/28","192.0.2.128/28"]}}}]}'
aws apigateway update-rest-api --rest-api-id "$API" --patch-operations "$(python3 -c 'import json, sys
print(json.dumps([{"op": "replace", "path": "/policy", "value": sys.argv[1]}]))' "$POLICY")"
