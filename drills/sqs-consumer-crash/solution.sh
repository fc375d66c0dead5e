# The booking is a conditional write on the order's id, in one transaction with its effect. Who comes second finds it done, and
# deletes the message.
foulweather drill deploy order-worker idempotent=on
