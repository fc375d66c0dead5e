# refused because: the orders are booked, without the end of their documents
foulweather drill deploy order-gateway cut_at_limit=on
