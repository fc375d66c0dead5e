# A placeholder for the reserved word, in each expression that names the attribute: what is read, what is set, and on which condition.
foulweather drill deploy order-page projection=placeholder
foulweather drill deploy warehouse update=placeholder condition=placeholder
