# refused because: the account has room; it is the function's own reservation that is used up
aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 3000
