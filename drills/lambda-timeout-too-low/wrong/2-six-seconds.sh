# refused because: six seconds is what half of the reports take; the other half still fails
aws lambda update-function-configuration --function-name sales-report --timeout 6
