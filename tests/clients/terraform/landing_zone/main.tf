terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

# --- the organization

resource "aws_organizations_organization" "all" {
  feature_set                   = "ALL"
  aws_service_access_principals = ["cloudtrail.amazonaws.com"]
  enabled_policy_types          = ["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"]
}

resource "aws_organizations_organizational_unit" "workloads" {
  name      = "workloads"
  parent_id = aws_organizations_organization.all.roots[0].id
  tags      = { kind = "workload" }
}

resource "aws_organizations_organizational_unit" "test" {
  name      = "test"
  parent_id = aws_organizations_organizational_unit.workloads.id
}

resource "aws_organizations_account" "shop" {
  name              = "shop"
  email             = "shop@example.com"
  parent_id         = aws_organizations_organizational_unit.workloads.id
  close_on_deletion = true
  role_name         = "Admin"
  lifecycle {
    ignore_changes = [role_name]
  }
}

resource "aws_organizations_policy" "regions" {
  name        = "regions"
  description = "Only here"
  depends_on  = [aws_organizations_organization.all]
  content = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Regions"
      Effect    = "Deny"
      NotAction = ["iam:*", "sts:*", "organizations:*"]
      Resource  = "*"
      Condition = { StringNotEquals = { "aws:RequestedRegion" = ["us-east-1", "eu-west-1"] } }
    }]
  })
}

resource "aws_organizations_policy_attachment" "workloads" {
  policy_id = aws_organizations_policy.regions.id
  target_id = aws_organizations_organizational_unit.workloads.id
}

# --- identities of the account

resource "aws_iam_account_alias" "this" {
  account_alias = "weather-station"
}

resource "aws_iam_account_password_policy" "strict" {
  minimum_password_length        = 14
  require_lowercase_characters   = true
  require_uppercase_characters   = true
  require_numbers                = true
  require_symbols                = true
  allow_users_to_change_password = true
  max_password_age               = 90
  password_reuse_prevention      = 5
}

resource "aws_iam_openid_connect_provider" "github" {
  url             = "https://token.actions.githubusercontent.com"
  client_id_list  = ["sts.amazonaws.com"]
  thumbprint_list = ["6938fd4d98bab03faadb97b34396831e3780aea1"]
  tags            = { purpose = "ci" }
}

data "aws_iam_policy_document" "ci" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.github.arn]
    }
    condition {
      test     = "StringLike"
      variable = "token.actions.githubusercontent.com:sub"
      values   = ["repo:example/shop:*"]
    }
  }
}

resource "aws_iam_role" "ci" {
  name                  = "ci"
  path                  = "/ci/"
  assume_role_policy    = data.aws_iam_policy_document.ci.json
  force_detach_policies = true
}

resource "aws_iam_virtual_mfa_device" "phone" {
  virtual_mfa_device_name = "phone"
}

resource "aws_iam_user" "eve" {
  name                 = "eve"
  permissions_boundary = data.aws_iam_policy.power.arn
}

resource "aws_iam_user_login_profile" "eve" {
  user                    = aws_iam_user.eve.name
  password_length         = 20
  password_reset_required = true
}

resource "aws_iam_user_policy_attachment" "eve" {
  user       = aws_iam_user.eve.name
  policy_arn = data.aws_iam_policy.power.arn
}

resource "aws_iam_user_group_membership" "eve" {
  user   = aws_iam_user.eve.name
  groups = [aws_iam_group.readers.name]
}

resource "aws_iam_group" "readers" {
  name = "readers"
  path = "/people/"
}

resource "aws_iam_group_policy" "read" {
  name   = "read"
  group  = aws_iam_group.readers.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "iam:List*", Resource = "*" }] })
}

data "aws_iam_policy" "power" {
  name = "PowerUserAccess"
}

data "aws_iam_session_context" "current" {
  arn = data.aws_caller_identity.current.arn
}

data "aws_iam_role" "ci" {
  name       = aws_iam_role.ci.name
  depends_on = [aws_iam_role.ci]
}

output "member" {
  value = aws_organizations_account.shop.id
}

output "region" {
  value = data.aws_region.current.name
}
