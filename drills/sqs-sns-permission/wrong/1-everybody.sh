# refused because: anybody can write invoices into existence
QUEUE=$(aws sqs get-queue-url --queue-name billing --query QueueUrl --output text)
POLICY='{"Policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"sqs:SendMessage\",\"Resource\":\"*\"}]}"}'
aws sqs set-queue-attributes --queue-url "$QUEUE" --attributes "$POLICY"
