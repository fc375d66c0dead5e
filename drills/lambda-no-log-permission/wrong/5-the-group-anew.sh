# refused because: the group was not the trouble, and with it a year of charges is gone
aws logs delete-log-group --log-group-name /aws/lambda/charge-card
aws logs create-log-group --log-group-name /aws/lambda/charge-card
