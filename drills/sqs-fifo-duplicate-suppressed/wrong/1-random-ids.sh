# refused because: an attempt that is repeated after a lost answer has another id, and so is delivered twice
foulweather drill deploy shop deduplication=random
