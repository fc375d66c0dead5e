# What comes back goes in again, later and later, until nothing comes back: for writes, and for reads.
foulweather drill deploy price-import unprocessed=backoff
foulweather drill deploy price-audit unprocessed=backoff
