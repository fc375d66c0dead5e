# refused because: the warehouse ships nothing
foulweather drill deploy order-page projection=placeholder
