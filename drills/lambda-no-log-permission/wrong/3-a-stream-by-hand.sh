# refused because: a stream that somebody has made stays empty: the environments write to their own
aws logs create-log-stream --log-group-name /aws/lambda/charge-card --log-stream-name by-hand
