# refused because: the session of the user makes new sessions of the role, issued after the cut
for KEY in $(aws iam list-access-keys --user-name ci-deploy --query 'AccessKeyMetadata[].AccessKeyId' --output text); do
    aws iam delete-access-key --user-name ci-deploy --access-key-id "$KEY"
done
POLICY="{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\",\"Condition\":{\"DateLessThan\":{\"aws:TokenIssueTime\":\"$NOW\"}}}}"
aws iam put-role-policy --role-name deployer --policy-name RevokeOlderSessions --policy-document "$POLICY"
NEW=$(aws iam create-access-key --user-name ci-deploy --query AccessKey.AccessKeyId --output text)
foulweather drill deploy pipeline key="$NEW"
