# refused because: a function that may not write its log writes none at any level
aws lambda update-function-configuration --function-name charge-card \
    --logging-config LogFormat=JSON,ApplicationLogLevel=DEBUG,SystemLogLevel=DEBUG
