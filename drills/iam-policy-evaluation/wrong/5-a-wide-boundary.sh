# refused because: a boundary that allows s3:* bounds nothing, and thumbnails can read invoices
source "$(dirname "${BASH_SOURCE[0]}")/../solution.sh"
aws iam create-policy-version --policy-arn "arn:aws:iam::$ACCOUNT:policy/AppBoundary" --set-as-default --policy-document \
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}' > /dev/null
