# refused because: every item is there now, and the audit still loses the keys that come back to it
foulweather drill deploy price-import unprocessed=backoff
