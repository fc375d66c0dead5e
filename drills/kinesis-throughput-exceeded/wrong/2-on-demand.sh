# refused because: on demand a shard takes as much, and one key has no more than that
aws kinesis update-stream-mode --stream-arn "arn:aws:kinesis:us-east-1:$ACCOUNT:stream/clickstream" --stream-mode-details StreamMode=ON_DEMAND
