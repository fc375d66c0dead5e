# refused because: that index holds keys only: whoever wants to know an order's status or product does not find it there
foulweather drill deploy account-page index=by-user-amount
for index in by-user-product by-user-status by-user-date by-user-channel; do
    aws dynamodb update-table --table-name orders \
        --global-secondary-index-updates "[{\"Delete\": {\"IndexName\": \"$index\"}}]" > /dev/null
    foulweather clock advance 1m
done
