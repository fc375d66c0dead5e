# refused because: the heart of a dead worker does not beat
foulweather drill deploy order-worker heartbeat=on
