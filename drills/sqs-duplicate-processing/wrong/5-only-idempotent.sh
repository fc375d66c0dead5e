# refused because: a good net, but each order is still worked on several times, and each fraud check is paid for
foulweather drill deploy order-worker idempotent=on
