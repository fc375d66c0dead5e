# refused because: on a standard queue a message group means a fair share of the workers, not order
foulweather drill deploy shop grouping=order
