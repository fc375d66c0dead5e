# refused because: the index takes one order a second, and four come; retries are further load on it
foulweather drill deploy order-writer attempts=10
