# refused because: the warehouse writes to a new attribute, its condition still says the word
foulweather drill deploy order-page projection=placeholder
foulweather drill deploy warehouse update=renamed
