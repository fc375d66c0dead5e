# The payment comes with the order's time: both attributes of the key, in the table's types.
foulweather drill deploy payments key=user-and-time
