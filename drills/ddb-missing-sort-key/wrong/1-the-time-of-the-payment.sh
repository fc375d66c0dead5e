# refused because: UpdateItem makes the item that is not there: an order that nobody placed
foulweather drill deploy payments key=user-and-now
