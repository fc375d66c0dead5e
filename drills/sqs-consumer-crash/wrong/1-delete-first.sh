# refused because: the gap is on the other side now: who dies after the delete and before the booking takes the order with him
foulweather drill deploy order-worker delete=before
