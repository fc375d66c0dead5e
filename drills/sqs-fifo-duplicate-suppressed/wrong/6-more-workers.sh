# refused because: what the queue never took in, no worker can receive
foulweather drill deploy warehouse workers=10
