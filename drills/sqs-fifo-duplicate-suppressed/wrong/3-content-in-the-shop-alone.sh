# refused because: without an id, and without ContentBasedDeduplication, the queue refuses every send
foulweather drill deploy shop deduplication=content
