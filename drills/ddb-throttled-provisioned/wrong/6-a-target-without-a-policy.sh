# refused because: a scalable target says between what; without a policy nothing moves in between
aws application-autoscaling register-scalable-target --service-namespace dynamodb --resource-id table/orders \
    --scalable-dimension dynamodb:table:WriteCapacityUnits --min-capacity 50 --max-capacity 1000
