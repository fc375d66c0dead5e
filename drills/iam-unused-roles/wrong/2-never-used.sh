# refused because: a role without a date may be one of last week, whose project has not begun; and half of the idle ones have a date
aws iam get-account-authorization-details --filter Role --output text \
    --query "RoleDetailList[?!starts_with(Path, '/aws-service-role/')].[RoleName, CreateDate, RoleLastUsed.LastUsedDate, AttachedManagedPolicies[0].PolicyArn, RolePolicyList[0].PolicyName, InstanceProfileList[0].InstanceProfileName]" \
    | awk '$3 == "None" { print $1, $4, $5, $6 }' \
    | while read -r role attached inline profile; do
        [ "$attached" = None ] || aws iam detach-role-policy --role-name "$role" --policy-arn "$attached" < /dev/null
        [ "$inline" = None ] || aws iam delete-role-policy --role-name "$role" --policy-name "$inline" < /dev/null
        [ "$profile" = None ] || aws iam remove-role-from-instance-profile --instance-profile-name "$profile" --role-name "$role" < /dev/null
        [ "$profile" = None ] || aws iam delete-instance-profile --instance-profile-name "$profile" < /dev/null
        aws iam delete-role --role-name "$role" < /dev/null
    done
