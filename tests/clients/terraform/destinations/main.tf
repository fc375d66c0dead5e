terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "endpoint" {}

variable "per_second" {
  type    = number
  default = 10
}

resource "aws_cloudwatch_event_connection" "shop" {
  name               = "shop"
  authorization_type = "API_KEY"

  auth_parameters {
    api_key {
      key   = "x-key"
      value = "s3cret"
    }

    invocation_http_parameters {
      header {
        key   = "x-team"
        value = "shop"
      }
    }
  }
}

resource "aws_cloudwatch_event_connection" "basic" {
  name               = "basic"
  authorization_type = "BASIC"

  auth_parameters {
    basic {
      username = "ada"
      password = "pw"
    }
  }
}

resource "aws_cloudwatch_event_api_destination" "hook" {
  name                             = "hook"
  invocation_endpoint              = var.endpoint
  http_method                      = "POST"
  invocation_rate_limit_per_second = var.per_second
  connection_arn                   = aws_cloudwatch_event_connection.shop.arn
}

resource "aws_iam_role" "events" {
  name = "events"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "events" {
  role = aws_iam_role.events.name

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "events:InvokeApiDestination", Resource = aws_cloudwatch_event_api_destination.hook.arn }]
  })
}

resource "aws_cloudwatch_event_rule" "orders" {
  name          = "orders"
  event_pattern = jsonencode({ source = ["shop"] })
}

resource "aws_cloudwatch_event_target" "hook" {
  rule     = aws_cloudwatch_event_rule.orders.name
  arn      = aws_cloudwatch_event_api_destination.hook.arn
  role_arn = aws_iam_role.events.arn

  http_target {
    header_parameters = { "x-order" = "$.detail.number" }
  }
}
