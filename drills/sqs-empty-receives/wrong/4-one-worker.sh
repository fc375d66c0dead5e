# refused because: a third of the questions is no tenth, and two Availability Zones have no worker
foulweather drill deploy kitchen-printer workers=1
