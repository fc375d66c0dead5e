# refused because: a projection leaves out what was read and paid for already; the units are the same
foulweather drill deploy large-orders find=filter-projected
