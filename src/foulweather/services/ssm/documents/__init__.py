"""Documents of Systems Manager: what runs on nodes, and the runbooks of Automation."""
