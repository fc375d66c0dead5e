# refused because: the function's own policy says who may invoke it, and not what it may do
aws lambda add-permission --function-name book-order --statement-id s3 --action lambda:InvokeFunction --principal s3.amazonaws.com
