# refused because: whoever takes away before building stops the machines and locks the people out
for name in anna.berg jonas.lind priya.nair ci-pipeline report-appliance; do
    aws iam detach-user-policy --user-name "$name" --policy-arn arn:aws:iam::aws:policy/AdministratorAccess
done
