# refused because: a report that hangs would run, and be paid, for a quarter of an hour
aws lambda update-function-configuration --function-name sales-report --timeout 900
