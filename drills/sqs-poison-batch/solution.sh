# The worker reports each message of a batch by itself: those that went well are deleted, the one that failed comes again, alone.
foulweather drill deploy order-worker partial=on
