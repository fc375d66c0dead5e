# Ten keys where one was: each order goes under its shard. The page asks all of them, and the old key, first.
foulweather drill deploy premium-page shards=10
foulweather drill deploy order-writer shards=10
