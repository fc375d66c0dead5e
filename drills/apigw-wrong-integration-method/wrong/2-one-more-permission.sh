# refused because: the function's policy lets the API in already; it is not asked at all
aws lambda add-permission --function-name list-orders --statement-id let-me-in --action lambda:InvokeFunction --principal apigateway.amazonaws.com
