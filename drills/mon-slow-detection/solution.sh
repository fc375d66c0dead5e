TOPIC=arn:aws:sns:us-east-1:$ACCOUNT:on-call
metric() {
    echo "{\"Id\": \"$1\", \"ReturnData\": $4, \"MetricStat\": {\"Stat\": \"$3\", \"Period\": 300, \"Metric\": {\"Namespace\": \"AWS/ApiGateway\",
        \"MetricName\": \"$2\", \"Dimensions\": [{\"Name\": \"ApiName\", \"Value\": \"orders\"}, {\"Name\": \"Stage\", \"Value\": \"prod\"}]}}}"
}
aws cloudwatch put-metric-alarm --alarm-name orders-error-rate --evaluation-periods 2 --threshold 5 --comparison-operator GreaterThanThreshold \
    --treat-missing-data notBreaching --metrics "[$(metric failed 5XXError Sum false), $(metric asked Count Sum false),
        {\"Id\": \"rate\", \"Expression\": \"100 * failed / asked\", \"Label\": \"Errors, %\"}]"
aws cloudwatch put-metric-alarm --alarm-name orders-slow --evaluation-periods 3 --threshold-metric-id band \
    --comparison-operator GreaterThanUpperThreshold --treat-missing-data notBreaching \
    --metrics "[$(metric took Latency p99 true), {\"Id\": \"band\", \"Expression\": \"ANOMALY_DETECTION_BAND(took, 2)\"}]"
aws cloudwatch put-metric-alarm --alarm-name process-order-errors --namespace AWS/Lambda --metric-name Errors \
    --dimensions Name=FunctionName,Value=process-order --statistic Sum --period 300 --evaluation-periods 2 --threshold 0 \
    --comparison-operator GreaterThanThreshold --treat-missing-data notBreaching
aws cloudwatch put-composite-alarm --alarm-name service-unhealthy \
    --alarm-rule 'ALARM("orders-error-rate") OR ALARM("orders-slow") OR ALARM("process-order-errors")' \
    --alarm-actions "$TOPIC" --ok-actions "$TOPIC"
