# refused because: the topic's policy lets the session in past the boundary, which then describes the role no longer
topic="arn:aws:sns:us-east-1:$ACCOUNT:dev-build-events"
aws sns set-topic-attributes --topic-arn "$topic" --attribute-name Policy --attribute-value "{\"Version\": \"2012-10-17\", \"Statement\": [
  {\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"arn:aws:sts::$ACCOUNT:assumed-role/developer/builder\"}, \"Action\": \"sns:Publish\",
   \"Resource\": \"$topic\"}]}"
