# First what makes new sessions: every key of the user, the finder's own among them. (Two keys are a user's limit, so they go for good.)
for KEY in $(aws iam list-access-keys --user-name ci-deploy --query 'AccessKeyMetadata[].AccessKeyId' --output text); do
    aws iam update-access-key --user-name ci-deploy --access-key-id "$KEY" --status Inactive
    aws iam delete-access-key --user-name ci-deploy --access-key-id "$KEY"
done
# Then the sessions that there are: denied by when they were issued. A long-term key has no such time, and so the condition does
# not hold for it: the pipeline's new key will work. The user first, whose session makes sessions of the role; then the role.
issued_before_now() {
    CUT=$(foulweather drill env --json | sed -n 's/.*"NOW": "\(.*\)".*/\1/p')
    echo "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\",\"Condition\":{\"DateLessThan\":{\"aws:TokenIssueTime\":\"$CUT\"}}}}"
}
aws iam put-user-policy --user-name ci-deploy --policy-name RevokeOlderSessions --policy-document "$(issued_before_now)"
aws iam put-role-policy --role-name deployer --policy-name RevokeOlderSessions --policy-document "$(issued_before_now)"
# And a key that only the pipeline has.
NEW=$(aws iam create-access-key --user-name ci-deploy --query AccessKey.AccessKeyId --output text)
foulweather drill deploy pipeline key="$NEW"
