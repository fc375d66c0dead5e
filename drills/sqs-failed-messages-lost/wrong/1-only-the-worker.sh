# refused because: orders with a voucher are tried again and again, until they expire after four days
foulweather drill deploy order-worker delete=after-success
