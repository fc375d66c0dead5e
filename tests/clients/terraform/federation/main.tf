terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "classic" {
  default = false
}

data "aws_region" "here" {}

resource "aws_cognito_user_pool" "corp" {
  name = "corp"
}

resource "aws_cognito_user_pool_domain" "corp" {
  domain       = "corp"
  user_pool_id = aws_cognito_user_pool.corp.id
}

resource "aws_cognito_user_pool_client" "corp" {
  name                                 = "shop"
  user_pool_id                         = aws_cognito_user_pool.corp.id
  generate_secret                      = true
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_flows                  = ["code"]
  allowed_oauth_scopes                 = ["openid", "email"]
  supported_identity_providers         = ["COGNITO"]
  callback_urls                        = ["https://shop.auth.us-east-1.amazoncognito.com/oauth2/idpresponse"]
}

resource "aws_cognito_user" "cora" {
  user_pool_id = aws_cognito_user_pool.corp.id
  username     = "cora"
  password     = "Correct-horse-1"
  attributes   = { email = "cora@corp.example", email_verified = true }
}

resource "aws_cognito_user_pool" "shop" {
  name = "shop"
}

resource "aws_cognito_user_pool_domain" "shop" {
  domain       = "shop"
  user_pool_id = aws_cognito_user_pool.shop.id
}

resource "aws_cognito_resource_server" "orders" {
  identifier   = "https://orders.example.com"
  name         = "orders"
  user_pool_id = aws_cognito_user_pool.shop.id
  scope {
    scope_name        = "read"
    scope_description = "Read orders"
  }
}

resource "aws_cognito_identity_provider" "corp" {
  user_pool_id  = aws_cognito_user_pool.shop.id
  provider_name = "Corp"
  provider_type = "OIDC"
  provider_details = {
    client_id                     = aws_cognito_user_pool_client.corp.id
    client_secret                 = aws_cognito_user_pool_client.corp.client_secret
    attributes_request_method     = "GET"
    oidc_issuer                   = "https://${aws_cognito_user_pool.corp.endpoint}"
    authorize_scopes              = "openid email"
    attributes_url_add_attributes = "false"
  }
  attribute_mapping = {
    email    = "email"
    username = "sub"
  }
}

resource "aws_cognito_user_pool_client" "web" {
  name                                 = "web"
  user_pool_id                         = aws_cognito_user_pool.shop.id
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_flows                  = ["code"]
  allowed_oauth_scopes                 = ["openid", "email"]
  supported_identity_providers         = [aws_cognito_identity_provider.corp.provider_name]
  callback_urls                        = ["https://app.example.com/back"]
}

resource "aws_cognito_user_pool_client" "job" {
  name                                 = "job"
  user_pool_id                         = aws_cognito_user_pool.shop.id
  generate_secret                      = true
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_flows                  = ["client_credentials"]
  allowed_oauth_scopes                 = aws_cognito_resource_server.orders.scope_identifiers
}

resource "aws_cognito_identity_pool" "shop" {
  identity_pool_name               = "shop"
  allow_unauthenticated_identities = true
  allow_classic_flow               = var.classic
  tags                             = { team = "shop" }

  cognito_identity_providers {
    client_id               = aws_cognito_user_pool_client.web.id
    provider_name           = aws_cognito_user_pool.shop.endpoint
    server_side_token_check = true
  }
}

data "aws_iam_policy_document" "trust" {
  for_each = toset(["authenticated", "unauthenticated"])
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]
    principals {
      type        = "Federated"
      identifiers = ["cognito-identity.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "cognito-identity.amazonaws.com:aud"
      values   = [aws_cognito_identity_pool.shop.id]
    }
    condition {
      test     = "ForAnyValue:StringLike"
      variable = "cognito-identity.amazonaws.com:amr"
      values   = [each.key]
    }
  }
}

resource "aws_iam_role" "of" {
  for_each           = data.aws_iam_policy_document.trust
  name               = each.key
  assume_role_policy = each.value.json
}

resource "aws_iam_role_policy" "of" {
  for_each = aws_iam_role.of
  role     = each.value.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sqs:ListQueues", Resource = "*" }]
  })
}

resource "aws_cognito_identity_pool_roles_attachment" "shop" {
  identity_pool_id = aws_cognito_identity_pool.shop.id
  roles            = { for name, role in aws_iam_role.of : name => role.arn }
  role_mapping {
    identity_provider         = "${aws_cognito_user_pool.shop.endpoint}:${aws_cognito_user_pool_client.web.id}"
    ambiguous_role_resolution = "AuthenticatedRole"
    type                      = "Token"
  }
}

resource "aws_cognito_identity_pool_provider_principal_tag" "shop" {
  identity_pool_id       = aws_cognito_identity_pool.shop.id
  identity_provider_name = aws_cognito_user_pool.shop.endpoint
  use_defaults           = false
  principal_tags         = { mail = "email" }
}

output "pool" {
  value = aws_cognito_user_pool.shop.id
}

output "client" {
  value = aws_cognito_user_pool_client.web.id
}

output "job" {
  value     = { id = aws_cognito_user_pool_client.job.id, secret = aws_cognito_user_pool_client.job.client_secret }
  sensitive = true
}

output "provider" {
  value = aws_cognito_user_pool.shop.endpoint
}

output "identities" {
  value = aws_cognito_identity_pool.shop.id
}
