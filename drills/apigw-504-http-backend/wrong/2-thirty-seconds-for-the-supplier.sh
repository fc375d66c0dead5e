# refused because: it waits 30 s for the supplier, and API Gateway 29 for it
foulweather drill deploy stock supplier_timeout_s=30
