terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "words" {
  default = "hello"
}

data "aws_caller_identity" "me" {}

resource "aws_ssm_document" "greet" {
  name            = "shop-greet"
  document_type   = "Command"
  document_format = "YAML"
  target_type     = "/AWS::EC2::Instance"
  tags            = { team = "shop" }

  content = <<-YAML
    schemaVersion: '2.2'
    description: Greets
    parameters:
      words: {type: String, default: ${var.words}}
    mainSteps:
    - action: aws:runShellScript
      name: greet
      inputs: {runCommand: ['echo {{ words }}']}
  YAML
}

resource "aws_iam_role" "automation" {
  name = "shop-automation"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ssm.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.me.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "automation" {
  role = aws_iam_role.automation.id
  name = "purge"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["sqs:PurgeQueue", "sqs:GetQueueAttributes"], Resource = "*" }]
  })
}

resource "aws_sqs_queue" "orders" {
  name = "orders"
}

resource "aws_ssm_document" "purge" {
  name          = "shop-purge"
  document_type = "Automation"
  content = jsonencode({
    schemaVersion = "0.3"
    description   = "Purge the queue, ${var.words}"
    assumeRole    = aws_iam_role.automation.arn
    mainSteps = [
      {
        name   = "purge"
        action = "aws:executeAwsApi"
        inputs = { Service = "sqs", Api = "PurgeQueue", QueueUrl = aws_sqs_queue.orders.url }
      },
      {
        name           = "empty"
        action         = "aws:waitForAwsResourceProperty"
        timeoutSeconds = 60
        inputs = {
          Service          = "sqs"
          Api              = "GetQueueAttributes"
          QueueUrl         = aws_sqs_queue.orders.url
          AttributeNames   = ["ApproximateNumberOfMessages"]
          PropertySelector = "$.Attributes.ApproximateNumberOfMessages"
          DesiredValues    = ["0"]
        }
      },
    ]
  })

  permissions = {
    type        = "Share"
    account_ids = "123456789012"
  }
}

resource "aws_ssm_association" "nightly" {
  association_name            = "nightly-purge"
  name                        = aws_ssm_document.purge.name
  schedule_expression         = "cron(0 3 ? * * *)"
  apply_only_at_cron_interval = true
  tags                        = { team = var.words }
}

resource "aws_ssm_service_setting" "tier" {
  setting_id    = "arn:aws:ssm:us-east-1:${data.aws_caller_identity.me.account_id}:servicesetting/ssm/parameter-store/default-parameter-tier"
  setting_value = "Intelligent-Tiering"
}

resource "aws_ssm_parameter" "image" {
  name  = "/shop/image"
  type  = "String"
  value = data.aws_ssm_parameter.amazon_linux.insecure_value
}

resource "aws_secretsmanager_secret" "signing" {
  name                    = "shop/signing"
  recovery_window_in_days = 0
  description             = var.words
}

resource "aws_secretsmanager_secret_version" "signing" {
  secret_id     = aws_secretsmanager_secret.signing.id
  secret_binary = base64encode(var.words)
}

data "aws_ssm_parameter" "amazon_linux" {
  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
}

data "aws_ssm_document" "greet" {
  name            = aws_ssm_document.greet.name
  document_format = "JSON"
}

data "aws_secretsmanager_random_password" "new" {
  password_length     = 24
  exclude_punctuation = true
}

data "aws_secretsmanager_secrets" "shop" {
  filter {
    name   = "name"
    values = ["shop/"]
  }
  depends_on = [aws_secretsmanager_secret.signing]
}

output "image" {
  value     = aws_ssm_parameter.image.value
  sensitive = true
}

output "greeting" {
  value = jsondecode(data.aws_ssm_document.greet.content).parameters.words.default
}

output "secrets" {
  value = data.aws_secretsmanager_secrets.shop.names
}

resource "aws_ssm_maintenance_window" "night" {
  name              = "shop-night"
  description       = var.words
  schedule          = "cron(0 2 ? * SUN *)"
  schedule_timezone = "Europe/Zurich"
  duration          = 3
  cutoff            = 1
  tags              = { team = "shop" }
}

resource "aws_ssm_maintenance_window_target" "nodes" {
  window_id     = aws_ssm_maintenance_window.night.id
  name          = "nodes"
  resource_type = "INSTANCE"

  targets {
    key    = "InstanceIds"
    values = ["i-0123456789abcdef0"]
  }
}

resource "aws_ssm_maintenance_window_task" "purge" {
  window_id        = aws_ssm_maintenance_window.night.id
  name             = "purge"
  task_type        = "AUTOMATION"
  task_arn         = aws_ssm_document.purge.name
  service_role_arn = aws_iam_role.automation.arn
  priority         = 2
  max_concurrency  = 1
  max_errors       = 1

  targets {
    key    = "WindowTargetIds"
    values = [aws_ssm_maintenance_window_target.nodes.id]
  }

  task_invocation_parameters {
    automation_parameters {
      document_version = "$LATEST"
    }
  }
}

resource "aws_ssm_document" "freeze" {
  name            = "shop-freeze"
  document_type   = "ChangeCalendar"
  document_format = "TEXT"
  content         = <<-TEXT
    BEGIN:VCALENDAR
    PRODID:-//AWS//Change Calendar 1.0//EN
    VERSION:2.0
    X-CALENDAR-TYPE:DEFAULT_OPEN
    BEGIN:VEVENT
    UID:freeze
    DTSTART:20301220T000000Z
    DTEND:20310105T000000Z
    END:VEVENT
    END:VCALENDAR
  TEXT
}
