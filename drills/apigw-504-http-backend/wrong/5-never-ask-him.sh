# refused because: who never asks the supplier knows nothing, and says that nothing is left
foulweather drill deploy stock supplier=never
