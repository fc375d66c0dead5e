# refused because: four runs an hour with 3 GB are still nearly a hundred GB-seconds
aws events put-rule --name export-orders-schedule --schedule-expression 'rate(15 minutes)'
