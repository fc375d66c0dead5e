# refused because: the query names no index, and it is given an id and not an address
aws dynamodb update-table --table-name Users --attribute-definitions AttributeName=userId,AttributeType=S AttributeName=email,AttributeType=S \
    --global-secondary-index-updates '[{"Create":{"IndexName":"by-email","KeySchema":[{"AttributeName":"email","KeyType":"HASH"}],"Projection":{"ProjectionType":"ALL"}}}]'
