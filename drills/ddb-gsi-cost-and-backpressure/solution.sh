# All views from the one index that holds whole orders; then the four others go, one at a time.
foulweather drill deploy account-page index=by-user-date
for index in by-user-product by-user-status by-user-amount by-user-channel; do
    aws dynamodb update-table --table-name orders \
        --global-secondary-index-updates "[{\"Delete\": {\"IndexName\": \"$index\"}}]" > /dev/null
    foulweather clock advance 1m
done
