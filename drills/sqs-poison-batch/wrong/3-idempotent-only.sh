# refused because: bookings are single again, but good orders still come back with their batch, and end up among the dead letters
foulweather drill deploy order-worker idempotent=on
