# refused because: one worker keeps the order, but cannot keep up with four events a second
foulweather drill deploy orders-worker workers=1
