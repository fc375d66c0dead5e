# refused because: pictures arrive, and support is still asked what is wrong
foulweather drill deploy mobile form_header=library
api=$(aws apigateway get-rest-apis --query "items[?name=='profiles'].id" --output text)
aws apigateway update-rest-api --rest-api-id "$api" --patch-operations op=add,path=/binaryMediaTypes/multipart~1form-data
aws apigateway create-deployment --rest-api-id "$api" --stage-name prod
