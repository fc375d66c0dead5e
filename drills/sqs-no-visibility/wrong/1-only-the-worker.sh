# refused because: the orders flow again, and the next stop is told by customers, too
foulweather drill deploy order-worker workers=1
