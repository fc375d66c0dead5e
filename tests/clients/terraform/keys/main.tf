terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "rotation_days" {
  default = 365
}

variable "key_material" {
  default = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0MTI="
}

provider "aws" {
  alias  = "europe"
  region = "eu-west-1"
}

data "aws_caller_identity" "current" {}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "reader" {
  name               = "reader"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

# --- a key, all that is set on it, and what it encrypts

resource "aws_kms_key" "orders" {
  description             = "orders"
  deletion_window_in_days = 7
  enable_key_rotation     = true
  rotation_period_in_days = var.rotation_days
  tags                    = { team = "orders" }
}

resource "aws_kms_alias" "orders" {
  name          = "alias/orders"
  target_key_id = aws_kms_key.orders.key_id
}

data "aws_iam_policy_document" "orders" {
  statement {
    sid       = "Account"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${data.aws_caller_identity.current.account_id}:root"]
    }
  }
  statement {
    sid       = "Topics"
    actions   = ["kms:GenerateDataKey*", "kms:Decrypt"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["sns.amazonaws.com"]
    }
  }
}

resource "aws_kms_key_policy" "orders" {
  key_id = aws_kms_key.orders.id
  policy = data.aws_iam_policy_document.orders.json
}

resource "aws_kms_grant" "reader" {
  name              = "reader"
  key_id            = aws_kms_key.orders.key_id
  grantee_principal = aws_iam_role.reader.arn
  operations        = ["Decrypt", "DescribeKey"]
  constraints {
    encryption_context_subset = { kind = "order" }
  }
}

resource "aws_kms_ciphertext" "secret" {
  key_id    = aws_kms_key.orders.key_id
  plaintext = "a secret"
  context   = { kind = "order" }
}

resource "aws_sqs_queue" "orders" {
  name                              = "orders"
  kms_master_key_id                 = aws_kms_alias.orders.name
  kms_data_key_reuse_period_seconds = 300
}

# --- other kinds of keys

resource "aws_kms_key" "signing" {
  description              = "signing"
  key_usage                = "SIGN_VERIFY"
  customer_master_key_spec = "ECC_NIST_P256"
  deletion_window_in_days  = 7
}

data "aws_kms_public_key" "signing" {
  key_id = aws_kms_key.signing.arn
}

resource "aws_kms_external_key" "imported" {
  description             = "imported"
  deletion_window_in_days = 7
  key_material_base64     = var.key_material
}

resource "aws_kms_key" "everywhere" {
  description             = "everywhere"
  multi_region            = true
  deletion_window_in_days = 7
}

resource "aws_kms_replica_key" "europe" {
  provider                = aws.europe
  description             = "everywhere, in Europe"
  primary_key_arn         = aws_kms_key.everywhere.arn
  deletion_window_in_days = 7
}

data "aws_kms_alias" "managed" {
  name       = "alias/aws/sqs"
  depends_on = [aws_sqs_queue.orders]
}

output "key" {
  value = aws_kms_key.orders.arn
}

output "ciphertext" {
  value = aws_kms_ciphertext.secret.ciphertext_blob
}

output "queue_url" {
  value = aws_sqs_queue.orders.url
}

output "everywhere" {
  value = aws_kms_key.everywhere.key_id
}
