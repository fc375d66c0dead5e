# refused because: what is deleted before it is processed is gone when its worker dies
foulweather drill deploy order-worker delete=before
