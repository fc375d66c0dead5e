# refused because: more workers, more of them die
foulweather drill deploy order-worker workers=12
