# refused because: afternoons are above 250 ms for hours; three datapoints in a row are there every weekday
TOPIC=$(aws sns create-topic --name orders-pages --query TopicArn --output text)
aws cloudwatch put-metric-alarm --alarm-name orders-slow --namespace Orders --metric-name ResponseTime --statistic Average \
    --period 300 --evaluation-periods 3 --datapoints-to-alarm 3 --threshold 250 --comparison-operator GreaterThanThreshold \
    --treat-missing-data notBreaching --alarm-actions "$TOPIC"
