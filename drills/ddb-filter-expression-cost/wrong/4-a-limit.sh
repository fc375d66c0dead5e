# refused because: the limit counts orders before the filter, so that most of the large ones are never reached
foulweather drill deploy large-orders find=filter-limited
foulweather clock advance 5m
