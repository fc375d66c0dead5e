# Commands of the stock AWS CLI, as you would type them.
