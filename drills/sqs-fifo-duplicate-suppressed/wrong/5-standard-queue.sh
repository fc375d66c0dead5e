# refused because: a standard queue forgets nothing that was sent, the repeated sends included
aws sqs create-queue --queue-name orders --attributes VisibilityTimeout=30
foulweather drill deploy shop queue=orders
foulweather drill deploy warehouse queue=orders
