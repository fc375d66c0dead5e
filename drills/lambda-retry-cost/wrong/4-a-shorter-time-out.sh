# refused because: three runs of three seconds: cheaper, and as lost as before
aws lambda update-function-configuration --function-name sync-partner --timeout 3
