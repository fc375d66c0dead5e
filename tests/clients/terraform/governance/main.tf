terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

variable "team" {
  default = "blue"
}

variable "tables" {
  default = 3000
}

# --- an organization that says how tags are written

resource "aws_organizations_organization" "all" {
  feature_set          = "ALL"
  enabled_policy_types = ["RESOURCE_CONTROL_POLICY", "TAG_POLICY"]
  aws_service_access_principals = [
    "config.amazonaws.com",
    "servicequotas.amazonaws.com",
    "tagpolicies.tag.amazonaws.com",
  ]
}

resource "aws_organizations_organizational_unit" "workloads" {
  name      = "workloads"
  parent_id = aws_organizations_organization.all.roots[0].id
}

resource "aws_organizations_account" "shop" {
  name              = "shop"
  email             = "shop@example.com"
  parent_id         = aws_organizations_organizational_unit.workloads.id
  close_on_deletion = true
}

resource "aws_organizations_policy" "team" {
  name       = "team"
  type       = "TAG_POLICY"
  depends_on = [aws_organizations_organization.all]
  content = jsonencode({
    tags = { team = {
      tag_key   = { "@@assign" = "Team" }
      tag_value = { "@@assign" = [var.team] }
    } }
  })
}

resource "aws_organizations_policy_attachment" "team" {
  policy_id = aws_organizations_policy.team.id
  target_id = aws_organizations_organization.all.roots[0].id
}

resource "aws_organizations_policy" "ours" {
  name       = "ours"
  type       = "RESOURCE_CONTROL_POLICY"
  depends_on = [aws_organizations_organization.all]
  content = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny"
      Principal = "*"
      Action    = ["sqs:*"]
      Resource  = "*"
      Condition = { StringNotEqualsIfExists = { "aws:PrincipalOrgID" = aws_organizations_organization.all.id } }
    }]
  })
}

resource "aws_organizations_policy_attachment" "ours" {
  policy_id = aws_organizations_policy.ours.id
  target_id = aws_organizations_organizational_unit.workloads.id
}

resource "aws_organizations_delegated_administrator" "config" {
  account_id        = aws_organizations_account.shop.id
  service_principal = "config.amazonaws.com"
  depends_on        = [aws_organizations_organization.all]
}

resource "aws_organizations_resource_policy" "delegated" {
  content = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::${aws_organizations_account.shop.id}:root" }
      Action    = ["organizations:ListAccounts", "organizations:DescribeEffectivePolicy"]
      Resource  = "*"
    }]
  })
  tags = { Team = var.team }
}

# --- quotas, of this account and of those to come

resource "aws_servicequotas_service_quota" "tables" {
  service_code = "dynamodb"
  quota_code   = "L-F98FE922"
  value        = var.tables
}

data "aws_servicequotas_service_quota" "roles" {
  service_code = "iam"
  quota_name   = "Roles per account"
}

resource "aws_servicequotas_template" "tables" {
  region       = "eu-west-1"
  service_code = "dynamodb"
  quota_code   = "L-F98FE922"
  value        = 4000
  depends_on   = [aws_organizations_organization.all]
}

resource "aws_servicequotas_template_association" "all" {
  depends_on = [aws_servicequotas_template.tables]
}

# --- a group of what has a tag

resource "aws_sqs_queue" "orders" {
  name = "orders"
  tags = { Team = var.team }
}

resource "aws_resourcegroups_group" "team" {
  name        = "team"
  description = "What the team has"
  tags        = { Team = var.team }
  resource_query {
    query = jsonencode({
      ResourceTypeFilters = ["AWS::SQS::Queue"]
      TagFilters          = [{ Key = "Team", Values = [var.team] }]
    })
  }
}

resource "aws_resourcegroups_group" "kept" {
  name = "kept"
  configuration {
    type = "AWS::ResourceGroups::Generic"
    parameters {
      name   = "deletion-protection"
      values = ["UNLESS_EMPTY"]
    }
  }
}

data "aws_resourcegroupstaggingapi_resources" "team" {
  resource_type_filters = ["sqs"]
  tag_filter {
    key    = "Team"
    values = [var.team]
  }
  depends_on = [aws_sqs_queue.orders]
}

output "member" {
  value = aws_organizations_account.shop.id
}

output "found" {
  value = [for each in data.aws_resourcegroupstaggingapi_resources.team.resource_tag_mapping_list : each.resource_arn]
}

output "roles" {
  value = data.aws_servicequotas_service_quota.roles.value
}
