# refused because: the page shows something, and not the status
foulweather drill deploy order-page on_error=show-unknown
foulweather drill deploy warehouse update=placeholder condition=placeholder
