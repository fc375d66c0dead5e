# refused because: an average of six hours is flat enough for one threshold, and two slow hours are lost in it
TOPIC=$(aws sns create-topic --name orders-pages --query TopicArn --output text)
aws cloudwatch put-metric-alarm --alarm-name orders-slow --namespace Orders --metric-name ResponseTime --statistic Average \
    --period 21600 --evaluation-periods 1 --threshold 320 --comparison-operator GreaterThanThreshold \
    --treat-missing-data notBreaching --alarm-actions "$TOPIC"
