# refused because: a projection of an attribute that is not there is an empty one
foulweather drill deploy order-page projection=renamed
foulweather drill deploy warehouse update=placeholder condition=placeholder
