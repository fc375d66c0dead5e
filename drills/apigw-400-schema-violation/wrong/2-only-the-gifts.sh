# refused because: empty carts are sent as before
foulweather drill deploy web-shop gifts=one
