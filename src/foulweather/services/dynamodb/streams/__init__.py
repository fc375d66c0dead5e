"""Amazon DynamoDB Streams: the changes of tables, read shard by shard."""
