# refused because: what API and function both count as an error is told twice
TOPIC=arn:aws:sns:us-east-1:$ACCOUNT:on-call
aws cloudwatch put-metric-alarm --alarm-name orders-error-rate --namespace AWS/ApiGateway --metric-name 5XXError \
    --dimensions Name=ApiName,Value=orders Name=Stage,Value=prod --statistic Average --period 300 --evaluation-periods 2 --threshold 0.05 \
    --comparison-operator GreaterThanThreshold --treat-missing-data notBreaching --alarm-actions "$TOPIC" --ok-actions "$TOPIC"
aws cloudwatch put-metric-alarm --alarm-name process-order-errors --namespace AWS/Lambda --metric-name Errors \
    --dimensions Name=FunctionName,Value=process-order --statistic Sum --period 300 --evaluation-periods 2 --threshold 0 \
    --comparison-operator GreaterThanThreshold --treat-missing-data notBreaching \
    --alarm-actions "$TOPIC" --ok-actions "$TOPIC"
