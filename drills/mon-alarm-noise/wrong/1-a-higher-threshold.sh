# refused because: above every afternoon, 400 ms are also above the bad night
TOPIC=$(aws sns create-topic --name orders-pages --query TopicArn --output text)
aws cloudwatch put-metric-alarm --alarm-name orders-slow --namespace Orders --metric-name ResponseTime --statistic Average \
    --period 300 --evaluation-periods 3 --threshold 400 --comparison-operator GreaterThanThreshold \
    --treat-missing-data notBreaching --alarm-actions "$TOPIC"
