# refused because: the key's hash lies in one of the halves, which is as full as the whole was
aws kinesis split-shard --stream-name clickstream --shard-to-split shardId-000000000003 \
    --new-starting-hash-key 297747071055821155530452781502797185024
