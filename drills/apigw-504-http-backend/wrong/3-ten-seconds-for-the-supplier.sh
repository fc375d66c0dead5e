# refused because: an error after ten seconds is an error
foulweather drill deploy stock supplier_timeout_s=10
