# refused because: an external ID is not a secret, and everybody who knows it comes in
tag() { aws iam list-role-tags --role-name partner-stock-reader --query "Tags[?Key=='$1'].Value" --output text; }
principal=$(tag partner-principal)
external_id=$(tag partner-external-id)
account=$(echo "$principal" | cut -d: -f5)
aws iam update-assume-role-policy --role-name partner-stock-reader --policy-document "{\"Version\": \"2012-10-17\", \"Statement\": [
  {\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"*\"}, \"Action\": \"sts:AssumeRole\", \"Condition\": {\"StringEquals\": {\"sts:ExternalId\": \"$external_id\"}}}]}"
