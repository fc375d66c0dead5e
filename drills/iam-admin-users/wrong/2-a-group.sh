# refused because: in a group the five keys are as powerful as before
ADMIN=arn:aws:iam::aws:policy/AdministratorAccess
aws iam create-group --group-name administrators
aws iam attach-group-policy --group-name administrators --policy-arn "$ADMIN"
for name in anna.berg jonas.lind priya.nair ci-pipeline report-appliance; do
    aws iam add-user-to-group --group-name administrators --user-name "$name"
    aws iam detach-user-policy --user-name "$name" --policy-arn "$ADMIN"
done
