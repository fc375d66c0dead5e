# refused because: the machine's CPU is the same whether orders fail or not
TOPIC=arn:aws:sns:us-east-1:$ACCOUNT:on-call
aws cloudwatch put-metric-alarm --alarm-name cpu-high --namespace CWAgent --metric-name cpu_usage_active --dimensions Name=host,Value=erp-1 \
    --statistic Average --period 300 --evaluation-periods 1 --threshold 25 --comparison-operator GreaterThanThreshold \
    --treat-missing-data notBreaching --alarm-actions "$TOPIC" --ok-actions "$TOPIC"
