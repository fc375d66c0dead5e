# refused because: S3 may not invoke the function at all any longer
aws lambda remove-permission --function-name make-thumbnail --statement-id photos
