# Who reads must understand the new format before anybody writes it.
foulweather drill deploy order-worker reads=messages-and-s3
foulweather drill deploy order-gateway payload=s3
