# refused because: an upload to Standard-IA costs twice as much, and a kilobyte is billed as 128 there
foulweather drill deploy event-writer storage_class=STANDARD_IA
