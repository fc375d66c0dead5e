# refused because: writes are spread, and the page still reads one key
foulweather drill deploy order-writer shards=10
