# refused because: it fails at once, and would fail at once with more memory
aws lambda update-function-configuration --function-name get-profile --memory-size 1024 --timeout 60
