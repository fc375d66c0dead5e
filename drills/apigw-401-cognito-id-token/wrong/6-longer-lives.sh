# refused because: the token has not expired
POOL=$(aws cognito-idp list-user-pools --max-results 10 --query "UserPools[?Name=='customers'].Id" --output text)
CLIENT=$(aws cognito-idp list-user-pool-clients --user-pool-id "$POOL" --query 'UserPoolClients[0].ClientId' --output text)
aws cognito-idp update-user-pool-client --user-pool-id "$POOL" --client-id "$CLIENT" --id-token-validity 24 \
    --token-validity-units IdToken=hours --explicit-auth-flows ALLOW_USER_PASSWORD_AUTH ALLOW_REFRESH_TOKEN_AUTH
