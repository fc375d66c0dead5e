# refused because: without a projection the page gets the whole item, card and all; and the warehouse is still refused
foulweather drill deploy order-page projection=none
foulweather drill deploy warehouse update=placeholder condition=placeholder
