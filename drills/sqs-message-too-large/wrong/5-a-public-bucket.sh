# refused because: everybody could read the sellers' documents, and the worker needs no such thing
aws s3api delete-public-access-block --bucket order-attachments
foulweather drill deploy order-worker reads=messages-and-s3
foulweather drill deploy order-gateway payload=s3
