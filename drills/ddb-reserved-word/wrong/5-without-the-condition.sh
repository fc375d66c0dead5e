# refused because: the condition was there for a reason: cancelled orders are shipped
foulweather drill deploy order-page projection=placeholder
foulweather drill deploy warehouse update=placeholder condition=none
