# refused because: the account lets 10,000 a second through; the plan is what is narrower
aws service-quotas request-service-quota-increase --service-code apigateway --quota-code L-8A5B8E43 --desired-value 20000
