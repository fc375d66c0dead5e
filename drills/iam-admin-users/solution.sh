ADMIN=arn:aws:iam::aws:policy/AdministratorAccess
USER="arn:aws:iam::$ACCOUNT:user"
aws iam create-role --role-name administrator --max-session-duration 3600 --assume-role-policy-document '{"Version":"2012-10-17","Statement":[
  {"Effect":"Allow","Principal":{"AWS":["'"$USER"'/anna.berg","'"$USER"'/jonas.lind","'"$USER"'/priya.nair"]},"Action":"sts:AssumeRole",
   "Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}]}'
aws iam attach-role-policy --role-name administrator --policy-arn "$ADMIN"
aws iam create-role --role-name pipeline-deploy --assume-role-policy-document '{"Version":"2012-10-17","Statement":[
  {"Effect":"Allow","Principal":{"AWS":"'"$USER"'/ci-pipeline"},"Action":"sts:AssumeRole"}]}'
aws iam put-role-policy --role-name pipeline-deploy --policy-name rollout --policy-document '{"Version":"2012-10-17","Statement":[
  {"Effect":"Allow","Action":["sqs:GetQueueUrl","sqs:SetQueueAttributes","sqs:TagQueue"],"Resource":"arn:aws:sqs:us-east-1:'"$ACCOUNT"':shop-*"}]}'
foulweather drill deploy pipeline credentials=role
aws iam put-user-policy --user-name report-appliance --policy-name reports --policy-document '{"Version":"2012-10-17","Statement":[
  {"Effect":"Allow","Action":"sns:Publish","Resource":"arn:aws:sns:us-east-1:'"$ACCOUNT"':reports"}]}'
for name in anna.berg jonas.lind priya.nair ci-pipeline report-appliance; do
    aws iam detach-user-policy --user-name "$name" --policy-arn "$ADMIN"
done
