# The band of what this hour of the week is used to, four deviations wide, and three datapoints in a row above it:
METRICS=$(cat <<'JSON'
[
  {"Id": "m1", "ReturnData": true,
   "MetricStat": {"Metric": {"Namespace": "Orders", "MetricName": "ResponseTime"}, "Period": 300, "Stat": "Average"}},
  {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m1, 4)", "Label": "Usual", "ReturnData": true}
]
JSON
)
TOPIC=$(aws sns create-topic --name orders-pages --query TopicArn --output text)
aws cloudwatch put-metric-alarm --alarm-name orders-slow --alarm-description "Responses are slower than this hour is used to" \
    --metrics "$METRICS" --threshold-metric-id band --comparison-operator GreaterThanUpperThreshold \
    --evaluation-periods 3 --datapoints-to-alarm 3 --treat-missing-data notBreaching --alarm-actions "$TOPIC"
