# refused because: whoever brings no external ID at all is let in by …IfExists
tag() { aws iam list-role-tags --role-name partner-stock-reader --query "Tags[?Key=='$1'].Value" --output text; }
principal=$(tag partner-principal)
external_id=$(tag partner-external-id)
account=$(echo "$principal" | cut -d: -f5)
aws iam update-assume-role-policy --role-name partner-stock-reader --policy-document "{\"Version\": \"2012-10-17\", \"Statement\": [
  {\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"$principal\"}, \"Action\": \"sts:AssumeRole\", \"Condition\": {\"StringEqualsIfExists\": {\"sts:ExternalId\": \"$external_id\"}}}]}"
