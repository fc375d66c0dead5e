# refused because: "is it there already?" is asked a minute before the answer matters, and everybody is told no
foulweather drill deploy order-worker idempotent=check-first
