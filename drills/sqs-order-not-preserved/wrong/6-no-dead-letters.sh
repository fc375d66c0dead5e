# refused because: an event that cannot be handled would hold up its group until it expires
aws sqs create-queue --queue-name orders.fifo --attributes FifoQueue=true
foulweather drill deploy shop queue=orders.fifo grouping=customer
foulweather drill deploy orders-worker queue=orders.fifo
