"""The operator on a real API server and etcd, beside a bare client that only writes the same objects."""
