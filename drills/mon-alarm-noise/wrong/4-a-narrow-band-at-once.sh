# refused because: a band of one deviation is left by usual noise, and one datapoint is enough: it pages many times
METRICS='[{"Id": "m1", "ReturnData": true, "MetricStat": {"Metric": {"Namespace": "Orders", "MetricName": "ResponseTime"},
  "Period": 300, "Stat": "Average"}}, {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m1, 1)", "ReturnData": true}]'
TOPIC=$(aws sns create-topic --name orders-pages --query TopicArn --output text)
aws cloudwatch put-metric-alarm --alarm-name orders-slow --metrics "$METRICS" --threshold-metric-id band \
    --comparison-operator GreaterThanUpperThreshold --evaluation-periods 1 --treat-missing-data notBreaching --alarm-actions "$TOPIC"
