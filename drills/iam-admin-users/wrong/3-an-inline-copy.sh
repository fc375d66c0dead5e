# refused because: the same statement under another name gives the same rights, and the scan is merely blind to it
ADMIN=arn:aws:iam::aws:policy/AdministratorAccess
for name in anna.berg jonas.lind priya.nair ci-pipeline report-appliance; do
    aws iam put-user-policy --user-name "$name" --policy-name all --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    aws iam detach-user-policy --user-name "$name" --policy-arn "$ADMIN"
done
