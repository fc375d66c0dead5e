"""The hosted endpoints of user pool domains: OAuth 2.0, OpenID Connect, and plain pages to sign in and up."""
