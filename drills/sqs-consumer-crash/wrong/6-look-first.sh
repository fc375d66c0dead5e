# refused because: "is it booked?" and "book it" are two steps: two workers with the same message both find nothing
foulweather drill deploy order-worker idempotent=check-first
