# refused because: with the use of the key left to the account any administrator of identities can give it away, the custodian has it
KEY=$(aws kms describe-key --key-id alias/records --query KeyMetadata.KeyId --output text)
aws kms put-key-policy --key-id "$KEY" --policy-name default --policy \
    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::$ACCOUNT:root\"},\"Resource\":\"*\",\"Action\":\"kms:*\"}]}"
for ROLE in app-role practice-role; do
    aws iam put-role-policy --role-name $ROLE --policy-name key --policy-document \
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"kms:Decrypt\",\"kms:GenerateDataKey\"],\"Resource\":\"arn:aws:kms:us-east-1:$ACCOUNT:key/$KEY\"}]}"
done
