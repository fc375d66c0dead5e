# refused because: it does not wait for its disk
aws lambda update-function-configuration --function-name thumbnail --ephemeral-storage Size=4096
