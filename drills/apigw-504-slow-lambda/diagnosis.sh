# How long API Gateway waited, how long the function ran, and what it may use.
# shows: bank-5xxerror\s+ALARM
# shows: ^gateway\s+29000.0$
# shows: ^function\s+4\d\d\d\d
# shows: ^512\s+60$
# shows when mended: bank-5xxerror\s+OK
since=$(date -u -d "$NOW - 10 minutes" +%Y-%m-%dT%H:%M:00Z)
last() { aws cloudwatch get-metric-statistics "$@" --start-time "$since" --end-time "$NOW" --period 600 --statistics Maximum --query 'max(Datapoints[].Maximum)'; }
aws cloudwatch describe-alarms --alarm-names bank-5xxerror --query 'MetricAlarms[].[AlarmName,StateValue]' --output text
echo "gateway $(last --namespace AWS/ApiGateway --metric-name IntegrationLatency --dimensions Name=ApiName,Value=bank Name=Stage,Value=prod)"
echo "function $(last --namespace AWS/Lambda --metric-name Duration --dimensions Name=FunctionName,Value=statement)"
aws lambda get-function-configuration --function-name statement --query '[MemorySize,Timeout]' --output text
