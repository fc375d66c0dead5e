# refused because: one key goes to one shard, of eight as of four
aws kinesis update-shard-count --stream-name clickstream --target-shard-count 8 --scaling-type UNIFORM_SCALING
