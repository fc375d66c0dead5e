# refused because: without its boundary thumbnails can do what its own policy allows, and that is everything in S3
source "$(dirname "${BASH_SOURCE[0]}")/../solution.sh"
aws iam delete-role-permissions-boundary --role-name thumbnails
