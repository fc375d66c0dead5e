# refused because: one view of the page asks an index that is gone
aws dynamodb update-table --table-name orders \
    --global-secondary-index-updates '[{"Delete": {"IndexName": "by-user-product"}}]'
foulweather clock advance 1m
