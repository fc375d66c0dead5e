# refused because: load is spread as evenly as can be, and the clicks of one user over all shards
foulweather drill deploy collectors key=random
