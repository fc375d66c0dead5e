terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "threshold" {
  default = 10
}

resource "aws_sqs_queue" "orders" {
  name = "orders"
}

resource "aws_sns_topic" "pages" {
  name = "pages"
}

resource "aws_cloudwatch_metric_alarm" "backlog" {
  alarm_name          = "orders-backlog"
  alarm_description   = "Orders wait too long"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.orders.name }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  threshold           = var.threshold
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.pages.arn]
  ok_actions          = [aws_sns_topic.pages.arn]
  tags                = { team = "orders" }
}

resource "aws_cloudwatch_metric_alarm" "ratio" {
  alarm_name          = "orders-empty-receives"
  evaluation_periods  = 2
  threshold           = 90
  comparison_operator = "GreaterThanThreshold"

  metric_query {
    id          = "ratio"
    expression  = "100 * empty / (empty + full)"
    label       = "Empty receives (%)"
    return_data = true
  }

  metric_query {
    id = "empty"

    metric {
      namespace   = "AWS/SQS"
      metric_name = "NumberOfEmptyReceives"
      dimensions  = { QueueName = aws_sqs_queue.orders.name }
      period      = 300
      stat        = "Sum"
    }
  }

  metric_query {
    id = "full"

    metric {
      namespace   = "AWS/SQS"
      metric_name = "NumberOfMessagesReceived"
      dimensions  = { QueueName = aws_sqs_queue.orders.name }
      period      = 300
      stat        = "Sum"
    }
  }
}

resource "aws_cloudwatch_composite_alarm" "orders" {
  alarm_name    = "orders"
  alarm_rule    = "ALARM(${aws_cloudwatch_metric_alarm.backlog.alarm_name}) OR ALARM(${aws_cloudwatch_metric_alarm.ratio.alarm_name})"
  alarm_actions = [aws_sns_topic.pages.arn]
}

resource "aws_cloudwatch_dashboard" "orders" {
  dashboard_name = "orders"

  dashboard_body = jsonencode({
    widgets = [{
      type   = "metric"
      x      = 0
      y      = 0
      width  = 12
      height = 6
      properties = {
        region  = "us-east-1"
        period  = 60
        stat    = "Sum"
        metrics = [["AWS/SQS", "NumberOfMessagesSent", "QueueName", aws_sqs_queue.orders.name]]
      }
    }]
  })
}

variable "streams" {
  default = 0
}

resource "aws_cloudwatch_metric_stream" "out" {
  count         = var.streams
  name          = "out"
  role_arn      = "arn:aws:iam::000000000000:role/stream"
  firehose_arn  = "arn:aws:firehose:us-east-1:000000000000:deliverystream/out"
  output_format = "json"

  include_filter {
    namespace    = "AWS/SQS"
    metric_names = ["NumberOfMessagesSent"]
  }

  statistics_configuration {
    additional_statistics = ["p90", "TM(10%:90%)"]

    include_metric {
      namespace   = "AWS/SQS"
      metric_name = "NumberOfMessagesSent"
    }
  }
}
