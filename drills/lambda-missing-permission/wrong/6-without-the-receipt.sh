# refused because: a release that asks for nothing that is refused gives no receipts, and these were promised
cd "$(mktemp -d)"
printf 'duration_ms = 60\nresponse = {statusCode = 201}\n' > foulweather.toml
python3 -m zipfile -c code.zip foulweather.toml
aws lambda update-function-code --function-name book-order --zip-file fileb://code.zip
