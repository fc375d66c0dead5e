# refused because: ended after 25 s, no statement is ever made, and its clients get 502
aws lambda update-function-configuration --function-name statement --timeout 25
