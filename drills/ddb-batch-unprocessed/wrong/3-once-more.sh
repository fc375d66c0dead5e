# refused because: a table that has no units now has none a moment later
foulweather drill deploy price-import unprocessed=once
foulweather drill deploy price-audit unprocessed=once
