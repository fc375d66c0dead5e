# refused because: a batch of one is refused or served, and tried again; ten thousand calls take longer than there is time
foulweather drill deploy price-import batch=1
foulweather drill deploy price-audit unprocessed=backoff
