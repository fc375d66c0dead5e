# refused because: it is asked for, and not there: payments are refused until somebody at AWS has agreed
aws service-quotas request-service-quota-increase --service-code apigateway --quota-code L-8A5B8E43 --desired-value 10000
