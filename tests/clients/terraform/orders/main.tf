terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "session_s" {
  default = 3600
}

data "aws_caller_identity" "current" {}

# --- iam

resource "aws_iam_user" "deployer" {
  name          = "deployer"
  path          = "/ci/"
  force_destroy = true
  tags          = { team = "orders" }
}

resource "aws_iam_access_key" "deployer" {
  user = aws_iam_user.deployer.name
}

resource "aws_iam_group" "deployers" {
  name = "deployers"
}

resource "aws_iam_group_membership" "deployers" {
  name  = "deployers"
  group = aws_iam_group.deployers.name
  users = [aws_iam_user.deployer.name]
}

resource "aws_iam_group_policy_attachment" "deployers" {
  group      = aws_iam_group.deployers.name
  policy_arn = aws_iam_policy.consume.arn
}

resource "aws_iam_user_policy" "own" {
  name = "own"
  user = aws_iam_user.deployer.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "iam:GetUser", Resource = aws_iam_user.deployer.arn }]
  })
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com", "lambda.amazonaws.com"]
    }
  }
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${data.aws_caller_identity.current.account_id}:root"]
    }
    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = ["orders"]
    }
  }
}

resource "aws_iam_role" "worker" {
  name                 = "worker"
  description          = "Works on orders"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = var.session_s
  permissions_boundary = aws_iam_policy.edge.arn
  tags                 = { team = "orders" }
}

resource "aws_iam_role_policy" "log" {
  name   = "log"
  role   = aws_iam_role.worker.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["logs:*"], Resource = "*" }] })
}

data "aws_iam_policy_document" "consume" {
  statement {
    sid       = "Consume"
    actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage"]
    resources = [aws_sqs_queue.orders.arn]
  }
}

resource "aws_iam_policy" "consume" {
  name        = "consume"
  description = "Consume orders"
  policy      = data.aws_iam_policy_document.consume.json
}

resource "aws_iam_policy" "edge" {
  name   = "edge"
  path   = "/edges/"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
}

resource "aws_iam_role_policy_attachment" "consume" {
  role       = aws_iam_role.worker.name
  policy_arn = aws_iam_policy.consume.arn
}

resource "aws_iam_role_policy_attachment" "managed" {
  role       = aws_iam_role.worker.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"
}

resource "aws_iam_instance_profile" "worker" {
  name = "worker"
  role = aws_iam_role.worker.name
}

# --- sqs

resource "aws_sqs_queue" "dead" {
  name                      = "orders-dead"
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "orders" {
  name                       = "orders"
  visibility_timeout_seconds = 45
  receive_wait_time_seconds  = 5
  max_message_size           = 65536
  redrive_policy             = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead.arn, maxReceiveCount = 4 })
  tags                       = { team = "orders" }
}

resource "aws_sqs_queue_redrive_allow_policy" "dead" {
  queue_url = aws_sqs_queue.dead.id
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.orders.arn]
  })
}

data "aws_iam_policy_document" "from_topic" {
  statement {
    sid       = "FromTopic"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.orders.arn]
    principals {
      type        = "Service"
      identifiers = ["sns.amazonaws.com"]
    }
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_sns_topic.orders.arn]
    }
  }
}

resource "aws_sqs_queue_policy" "orders" {
  queue_url = aws_sqs_queue.orders.id
  policy    = data.aws_iam_policy_document.from_topic.json
}

resource "aws_sqs_queue" "ledger" {
  name                        = "ledger.fifo"
  fifo_queue                  = true
  content_based_deduplication = true
  deduplication_scope         = "messageGroup"
  fifo_throughput_limit       = "perMessageGroupId"
}

# --- sns

resource "aws_sns_topic" "orders" {
  name         = "orders"
  display_name = "Orders"
  tags         = { team = "orders" }
}

resource "aws_sns_topic" "ledger" {
  name                        = "ledger.fifo"
  fifo_topic                  = true
  content_based_deduplication = true
}

data "aws_iam_policy_document" "publishers" {
  statement {
    sid       = "Publishers"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.orders.arn]
    principals {
      type        = "AWS"
      identifiers = [aws_iam_role.worker.arn]
    }
  }
}

resource "aws_sns_topic_policy" "orders" {
  arn    = aws_sns_topic.orders.arn
  policy = data.aws_iam_policy_document.publishers.json
}

resource "aws_sns_topic_subscription" "big_orders" {
  topic_arn            = aws_sns_topic.orders.arn
  protocol             = "sqs"
  endpoint             = aws_sqs_queue.orders.arn
  raw_message_delivery = true
  filter_policy        = jsonencode({ amount = [{ numeric = [">=", 100] }], kind = ["order", { prefix = "re-" }] })
  redrive_policy       = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead.arn })
}

resource "aws_sns_topic_subscription" "ledger" {
  topic_arn           = aws_sns_topic.ledger.arn
  protocol            = "sqs"
  endpoint            = aws_sqs_queue.ledger.arn
  filter_policy_scope = "MessageBody"
  filter_policy       = jsonencode({ entry = { booked = [true] } })
}

output "account" {
  value = data.aws_caller_identity.current.account_id
}

output "topic" {
  value = aws_sns_topic.orders.arn
}

output "queue_url" {
  value = aws_sqs_queue.orders.id
}

output "access_key_id" {
  value = aws_iam_access_key.deployer.id
}

output "secret" {
  value     = aws_iam_access_key.deployer.secret
  sensitive = true
}
