"""What the service does, without HTTP and without a particular store."""
