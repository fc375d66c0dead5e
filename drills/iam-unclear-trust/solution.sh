tag() { aws iam list-role-tags --role-name partner-stock-reader --query "Tags[?Key=='$1'].Value" --output text; }
principal=$(tag partner-principal)
external_id=$(tag partner-external-id)
aws iam update-assume-role-policy --role-name partner-stock-reader --policy-document "{\"Version\": \"2012-10-17\", \"Statement\": [
  {\"Sid\": \"NorthwindForUs\", \"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"$principal\"}, \"Action\": \"sts:AssumeRole\",
   \"Condition\": {\"StringEquals\": {\"sts:ExternalId\": \"$external_id\"}}}]}"
