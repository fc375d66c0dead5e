# refused because: the account's root stands for all of its identities, and any of them comes in
tag() { aws iam list-role-tags --role-name partner-stock-reader --query "Tags[?Key=='$1'].Value" --output text; }
principal=$(tag partner-principal)
external_id=$(tag partner-external-id)
account=$(echo "$principal" | cut -d: -f5)
aws iam update-assume-role-policy --role-name partner-stock-reader --policy-document "{\"Version\": \"2012-10-17\", \"Statement\": [
  {\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"arn:aws:iam::$account:root\"}, \"Action\": \"sts:AssumeRole\", \"Condition\": {\"StringEquals\": {\"sts:ExternalId\": \"$external_id\"}}}]}"
