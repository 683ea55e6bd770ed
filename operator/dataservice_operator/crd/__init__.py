"""The DataService resource: its models, and the CRD and reference page generated from them."""
