# refused because: nothing times out any more, and visitors wait five seconds for a picture
aws lambda update-function-configuration --function-name thumbnail --timeout 30
