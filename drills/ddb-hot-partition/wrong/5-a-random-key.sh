# refused because: nobody can ask for keys that nobody knows
foulweather drill deploy premium-page shards=10
foulweather drill deploy order-writer suffix=random
