# --- objects: written, copied, read, listed

resource "aws_s3_object" "greeting" {
  bucket             = aws_s3_bucket.data.id
  key                = "documents/greeting"
  content            = var.greeting
  content_type       = "text/plain"
  cache_control      = "max-age=60"
  checksum_algorithm = "SHA256"
  metadata           = { of = "terraform" }
  tags               = { said = var.greeting }
  depends_on         = [aws_s3_bucket_server_side_encryption_configuration.data, aws_s3_bucket_versioning.data]
}

resource "aws_s3_object" "file" {
  bucket                 = aws_s3_bucket.data.id
  key                    = "/documents/stack é+%.tf"
  source                 = "${path.module}/objects.tf"
  source_hash            = filemd5("${path.module}/objects.tf")
  server_side_encryption = "AES256"
  storage_class          = "STANDARD_IA"
  force_destroy          = true
  depends_on             = [aws_s3_bucket_versioning.data]
}

resource "aws_s3_object" "sealed" {
  bucket             = aws_s3_bucket.data.id
  key                = "documents/sealed"
  content_base64     = base64encode(var.greeting)
  kms_key_id         = aws_kms_key.data.arn
  bucket_key_enabled = true
}

resource "aws_s3_bucket_object" "old" {
  bucket     = aws_s3_bucket.site.id # it asks for an ACL, which buckets without ACLs refuse
  key        = "documents/old"
  content    = "as stacks had it before"
  depends_on = [aws_s3_bucket_acl.site]
}

resource "aws_s3_object_copy" "greeting" {
  bucket = aws_s3_bucket.data.id
  key    = "copies/greeting"
  source = "${aws_s3_bucket.data.id}/${aws_s3_object.greeting.key}"
  tags   = { said = var.greeting }
}

data "aws_s3_object" "greeting" {
  bucket        = aws_s3_bucket.data.id
  key           = aws_s3_object.greeting.key
  checksum_mode = "ENABLED"
  version_id    = aws_s3_object.greeting.version_id
}

data "aws_s3_bucket_object" "old" {
  bucket = aws_s3_bucket.site.id
  key    = aws_s3_bucket_object.old.key
}

data "aws_s3_objects" "documents" {
  bucket     = aws_s3_bucket.data.id
  prefix     = "documents/"
  max_keys   = 2
  depends_on = [aws_s3_object.greeting, aws_s3_object.sealed]
}

data "aws_s3_bucket_objects" "folders" {
  bucket     = aws_s3_bucket.data.id
  delimiter  = "/"
  depends_on = [aws_s3_object.greeting, aws_s3_object_copy.greeting]
}

data "aws_s3_bucket" "data" {
  bucket = aws_s3_bucket.data.id
}

data "aws_s3_bucket_policy" "data" {
  bucket     = aws_s3_bucket.data.id
  depends_on = [aws_s3_bucket_policy.data]
}

output "greeting" {
  value = data.aws_s3_object.greeting.body
}

output "documents" {
  value = data.aws_s3_objects.documents.keys
}

output "folders" {
  value = data.aws_s3_bucket_objects.folders.common_prefixes
}

output "region" {
  value = data.aws_s3_bucket.data.region
}

output "events" {
  value = aws_sqs_queue.events.url
}
