terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "above" {
  type    = number
  default = 100
}

resource "aws_sqs_queue" "orders" {
  name = "orders"
}

resource "aws_sqs_queue" "large" {
  name = "large"
}

resource "aws_kinesis_stream" "clicks" {
  name        = "clicks"
  shard_count = 1
}

resource "aws_iam_role" "pipes" {
  name = "pipes"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "pipes.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "pipes" {
  role = aws_iam_role.pipes.name

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["sqs:*", "kinesis:*"], Resource = "*" }]
  })
}

resource "aws_pipes_pipe" "large" {
  name     = "large"
  role_arn = aws_iam_role.pipes.arn
  source   = aws_sqs_queue.orders.arn
  target   = aws_sqs_queue.large.arn
  tags     = { team = "orders" }

  source_parameters {
    filter_criteria {
      filter {
        pattern = jsonencode({ body = { amount = [{ numeric = [">", var.above] }] } })
      }
    }
  }

  target_parameters {
    input_template = "{\"amount\": <$.body.amount>}"
  }

  depends_on = [aws_iam_role_policy.pipes]
}

resource "aws_pipes_pipe" "clicks" {
  name     = "clicks"
  role_arn = aws_iam_role.pipes.arn
  source   = aws_kinesis_stream.clicks.arn
  target   = aws_sqs_queue.large.arn

  source_parameters {
    kinesis_stream_parameters {
      starting_position      = "TRIM_HORIZON"
      maximum_retry_attempts = 3
    }
  }

  depends_on = [aws_iam_role_policy.pipes]
}

output "orders" {
  value = aws_sqs_queue.orders.url
}

output "large" {
  value = aws_sqs_queue.large.url
}
