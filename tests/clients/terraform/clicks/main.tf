terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "hours" {
  default = 48
}

variable "shards" {
  default = 1
}

resource "aws_kinesis_stream" "clicks" {
  name                = "clicks"
  shard_count         = var.shards
  retention_period    = var.hours
  encryption_type     = "KMS"
  kms_key_id          = "alias/aws/kinesis"
  shard_level_metrics = ["IncomingBytes", "OutgoingBytes"]
  tags                = { team = "shop" }
}

resource "aws_kinesis_stream" "views" {
  name = "views"
  stream_mode_details {
    stream_mode = "ON_DEMAND"
  }
}

resource "aws_kinesis_stream_consumer" "reader" {
  name       = "reader"
  stream_arn = aws_kinesis_stream.clicks.arn
}

resource "aws_iam_role" "counter" {
  name = "counter"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "counter" {
  role       = aws_iam_role.counter.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaKinesisExecutionRole"
}

resource "aws_lambda_function" "counter" {
  function_name    = "counter"
  role             = aws_iam_role.counter.arn
  runtime          = "python3.11"
  handler          = "app.handler"
  filename         = "${path.module}/app.zip"
  source_code_hash = filebase64sha256("${path.module}/app.zip")
}

resource "aws_lambda_event_source_mapping" "polled" {
  event_source_arn                   = aws_kinesis_stream.clicks.arn
  function_name                      = aws_lambda_function.counter.arn
  starting_position                  = "AT_TIMESTAMP"
  starting_position_timestamp        = "2024-01-01T00:00:00Z"
  parallelization_factor             = var.shards
  maximum_retry_attempts             = 3
  maximum_record_age_in_seconds      = 3600
  bisect_batch_on_function_error     = true
  maximum_batching_window_in_seconds = 1

  depends_on = [aws_iam_role_policy_attachment.counter]
}

resource "aws_lambda_event_source_mapping" "pushed" {
  event_source_arn  = aws_kinesis_stream_consumer.reader.arn
  function_name     = aws_lambda_function.counter.arn
  starting_position = "LATEST"

  depends_on = [aws_iam_role_policy_attachment.counter]
}

output "hours" {
  value = aws_kinesis_stream.clicks.retention_period
}

output "consumer" {
  value = aws_kinesis_stream_consumer.reader.arn
}

output "stream" {
  value = aws_kinesis_stream.clicks.arn
}
