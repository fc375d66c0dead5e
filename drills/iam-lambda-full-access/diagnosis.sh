# What the role may do with both tables, as IAM judges it (nothing is carried out), and who gave it that.
# shows: dynamodb:DeleteTable\s+allowed
# shows: ^AmazonDynamoDBFullAccess$
# shows: AttachRolePolicy\s+book-shipment-role
# shows when mended: dynamodb:DeleteTable\s+implicitDeny
# shows when mended: dynamodb:Query\s+allowed
TABLES=arn:aws:dynamodb:us-east-1:$ACCOUNT:table
ROLE=arn:aws:iam::$ACCOUNT:role/book-shipment-role
aws iam simulate-principal-policy --policy-source-arn "$ROLE" --action-names dynamodb:DeleteTable --resource-arns "$TABLES/Salaries" \
    --query 'EvaluationResults[].[EvalActionName,EvalDecision]' --output text
aws iam simulate-principal-policy --policy-source-arn "$ROLE" --action-names dynamodb:Query --resource-arns "$TABLES/Shipments/index/by-carrier" \
    --query 'EvaluationResults[].[EvalActionName,EvalDecision]' --output text
aws iam list-attached-role-policies --role-name book-shipment-role --query 'AttachedPolicies[].[PolicyName]' --output text
aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=AttachRolePolicy --max-items 1 \
    --query 'Events[].[EventName,Resources[?ResourceType==`AWS::IAM::Role`]|[0].ResourceName]' --output text
