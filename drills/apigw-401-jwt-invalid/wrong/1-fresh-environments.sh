# refused because: fresh environments have today's key, until it is rotated again
aws lambda update-function-configuration --function-name verify-token --environment 'Variables={RESTARTED=today}'
