# refused because: the next statement that hangs runs on for half a minute after its client has gone
aws lambda update-function-configuration --function-name statement --memory-size 1769
