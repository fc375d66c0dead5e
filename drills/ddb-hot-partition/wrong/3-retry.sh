# refused because: orders get through at last, but throttled they are, and each waits for the next second
foulweather drill deploy order-writer retry=jitter attempts=10
