# refused because: the key was never the problem, and a trail cannot even be changed while its bucket refuses it
aws cloudtrail update-trail --name audit --kms-key-id "" || true
