# refused because: what could not be booked is deleted, and nobody has it
foulweather drill deploy order-worker delete=always
