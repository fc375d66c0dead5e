# refused because: it is reads that are throttled; each kind has a policy of its own
aws application-autoscaling register-scalable-target --service-namespace dynamodb --resource-id table/orders \
    --scalable-dimension dynamodb:table:WriteCapacityUnits --min-capacity 5 --max-capacity 200
aws application-autoscaling put-scaling-policy --service-namespace dynamodb --resource-id table/orders \
    --scalable-dimension dynamodb:table:WriteCapacityUnits --policy-name follow-writes --policy-type TargetTrackingScaling \
    --target-tracking-scaling-policy-configuration \
    '{"TargetValue":70,"PredefinedMetricSpecification":{"PredefinedMetricType":"DynamoDBWriteCapacityUtilization"}}'
