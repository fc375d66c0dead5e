# refused because: where one order of ten takes six seconds the average is below one: nine others hide it
TOPIC=arn:aws:sns:us-east-1:$ACCOUNT:on-call
aws cloudwatch put-metric-alarm --alarm-name orders-error-rate --namespace AWS/ApiGateway --metric-name 5XXError \
    --dimensions Name=ApiName,Value=orders Name=Stage,Value=prod --statistic Average --period 300 --evaluation-periods 2 --threshold 0.05 \
    --comparison-operator GreaterThanThreshold --treat-missing-data notBreaching --alarm-actions "$TOPIC" --ok-actions "$TOPIC"
aws cloudwatch put-metric-alarm --alarm-name orders-slow --namespace AWS/ApiGateway --metric-name Latency \
    --dimensions Name=ApiName,Value=orders Name=Stage,Value=prod --statistic Average --period 300 --evaluation-periods 2 --threshold 1000 \
    --comparison-operator GreaterThanThreshold --treat-missing-data notBreaching \
    --alarm-actions "$TOPIC" --ok-actions "$TOPIC"
