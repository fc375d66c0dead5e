# refused because: it is writes that are throttled; reads and writes are scaled by policies of their own
aws application-autoscaling register-scalable-target --service-namespace dynamodb --resource-id table/orders \
    --scalable-dimension dynamodb:table:ReadCapacityUnits --min-capacity 100 --max-capacity 1000
aws application-autoscaling put-scaling-policy --service-namespace dynamodb --resource-id table/orders \
    --scalable-dimension dynamodb:table:ReadCapacityUnits --policy-name follow-reads --policy-type TargetTrackingScaling \
    --target-tracking-scaling-policy-configuration \
    '{"TargetValue":70,"PredefinedMetricSpecification":{"PredefinedMetricType":"DynamoDBReadCapacityUtilization"}}'
