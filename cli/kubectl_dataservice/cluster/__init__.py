"""The only part that speaks to the Kubernetes API: raw dictionaries in and out."""
