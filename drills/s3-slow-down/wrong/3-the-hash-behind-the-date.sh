# refused because: keys that begin alike lie in one range, whatever follows
foulweather drill deploy collector keys=hash-last
