terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "minutes" {
  type    = number
  default = 5
}

data "aws_caller_identity" "me" {}

resource "aws_sqs_queue" "inbox" {
  name = "inbox"
}

resource "aws_sqs_queue" "undelivered" {
  name = "undelivered"
}

resource "aws_sqs_queue_policy" "inbox" {
  queue_url = aws_sqs_queue.inbox.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.inbox.arn
      Condition = { ArnEquals = { "aws:SourceArn" = [
        aws_cloudwatch_event_rule.orders.arn,
        aws_cloudwatch_event_rule.tick.arn,
      ] } }
    }]
  })
}

resource "aws_cloudwatch_event_bus" "shop" {
  name        = "shop"
  description = "what the shop tells"
  tags        = { team = "shop" }
}

resource "aws_cloudwatch_event_permission" "partner" {
  event_bus_name = aws_cloudwatch_event_bus.shop.name
  principal      = "444455556666"
  statement_id   = "partner"
}

resource "aws_cloudwatch_event_archive" "all" {
  name             = "shop-all"
  event_source_arn = aws_cloudwatch_event_bus.shop.arn
  description      = "for replays"
  retention_days   = 7
  event_pattern    = jsonencode({ source = ["shop"] })
}

resource "aws_cloudwatch_event_rule" "orders" {
  name           = "orders"
  description    = "orders of some worth"
  event_bus_name = aws_cloudwatch_event_bus.shop.name
  event_pattern = jsonencode({
    source        = ["shop"]
    "detail-type" = ["Order Placed"]
    detail        = { total = [{ numeric = [">=", var.minutes] }] }
  })
  tags = { team = "shop" }
}

resource "aws_cloudwatch_event_target" "inbox" {
  rule           = aws_cloudwatch_event_rule.orders.name
  event_bus_name = aws_cloudwatch_event_bus.shop.name
  target_id      = "inbox"
  arn            = aws_sqs_queue.inbox.arn

  input_transformer {
    input_paths    = { total = "$.detail.total" }
    input_template = "{\"total\": <total>}"
  }

  dead_letter_config {
    arn = aws_sqs_queue.undelivered.arn
  }

  retry_policy {
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = 10
  }
}

resource "aws_cloudwatch_event_rule" "tick" {
  name                = "tick"
  schedule_expression = "rate(${var.minutes} minutes)"
  state               = "DISABLED"
}

resource "aws_cloudwatch_event_target" "tick" {
  rule  = aws_cloudwatch_event_rule.tick.name
  arn   = aws_sqs_queue.inbox.arn
  input = jsonencode({ tick = true })
}

resource "aws_iam_role" "clock" {
  name = "clock"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.me.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "clock" {
  role = aws_iam_role.clock.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.inbox.arn }]
  })
}

resource "aws_scheduler_schedule_group" "nightly" {
  name = "nightly"
  tags = { team = "shop" }
}

resource "aws_scheduler_schedule" "report" {
  name                         = "report"
  group_name                   = aws_scheduler_schedule_group.nightly.name
  schedule_expression          = "cron(${var.minutes} 2 * * ? *)"
  schedule_expression_timezone = "Europe/Berlin"

  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = 15
  }

  target {
    arn      = aws_sqs_queue.inbox.arn
    role_arn = aws_iam_role.clock.arn
    input    = jsonencode({ at = "<aws.scheduler.scheduled-time>" })

    retry_policy {
      maximum_retry_attempts = 3
    }
  }
}
