# refused because: what users have written is deleted, so that a program need not read it
for user in u-0 u-2 u-4; do
    aws dynamodb update-item --table-name Users --key "{\"user_id\": {\"S\": \"$user\"}}" --update-expression "REMOVE age, sizes"
done
