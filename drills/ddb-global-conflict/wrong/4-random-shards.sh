# refused because: over ten items both regions meet less often, and still they meet
foulweather drill deploy counter-page items=shards
foulweather drill deploy us-web item=post-and-shard
foulweather drill deploy eu-web item=post-and-shard
