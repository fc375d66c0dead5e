terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "password" {
  default = "hunter2"
}

data "aws_caller_identity" "me" {}

resource "aws_kms_key" "secrets" {
  description             = "secrets of the shop"
  deletion_window_in_days = 7
}

resource "aws_secretsmanager_secret" "db" {
  name                    = "shop/db"
  description             = "The shop's database"
  kms_key_id              = aws_kms_key.secrets.arn
  recovery_window_in_days = 7
  tags                    = { team = "shop" }
}

resource "aws_secretsmanager_secret_version" "db" {
  secret_id     = aws_secretsmanager_secret.db.id
  secret_string = jsonencode({ username = "shop", password = var.password })
}

resource "aws_secretsmanager_secret_policy" "db" {
  secret_arn          = aws_secretsmanager_secret.db.arn
  block_public_policy = true
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = data.aws_caller_identity.me.account_id }
      Action    = "secretsmanager:GetSecretValue"
      Resource  = "*"
    }]
  })
}

resource "aws_secretsmanager_secret" "shared" {
  name                    = "shop/shared"
  recovery_window_in_days = 0

  replica {
    region = "eu-west-1"
  }
}

resource "aws_ssm_parameter" "host" {
  name            = "/shop/db/host"
  type            = "String"
  value           = "db.internal"
  description     = "Where the database is"
  allowed_pattern = "^[a-z.]+$"
  tags            = { team = "shop" }
}

resource "aws_ssm_parameter" "zones" {
  name  = "/shop/db/zones"
  type  = "StringList"
  value = "a,b"
  tier  = "Advanced"
}

resource "aws_ssm_parameter" "key" {
  name   = "/shop/api/key"
  type   = "SecureString"
  key_id = aws_kms_key.secrets.arn
  value  = var.password
}

data "aws_secretsmanager_secret_version" "db" {
  secret_id  = aws_secretsmanager_secret.db.id
  depends_on = [aws_secretsmanager_secret_version.db]
}

data "aws_ssm_parameters_by_path" "db" {
  path       = "/shop/db"
  depends_on = [aws_ssm_parameter.host, aws_ssm_parameter.zones]
}

data "aws_ssm_parameter" "key" {
  name = aws_ssm_parameter.key.name
}

output "password" {
  value     = jsondecode(data.aws_secretsmanager_secret_version.db.secret_string).password
  sensitive = true
}

output "key" {
  value     = data.aws_ssm_parameter.key.value
  sensitive = true
}

output "names" {
  value = sort(data.aws_ssm_parameters_by_path.db.names)
}
