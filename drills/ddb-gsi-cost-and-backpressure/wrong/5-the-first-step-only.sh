# refused because: the page does not need the other four any more, and each order goes on to be written to three of them
foulweather drill deploy account-page index=by-user-date
aws dynamodb update-table --table-name orders \
    --global-secondary-index-updates '[{"Delete": {"IndexName": "by-user-product"}}]'
foulweather clock advance 1m
