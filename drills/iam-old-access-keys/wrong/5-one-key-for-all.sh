# refused because: the applications sign with the root user's key, which may do everything
for app in checkout billing mailer search-indexer stock-sync reports archive; do
  foulweather drill deploy "$app" key="$AWS_ACCESS_KEY_ID"
done
