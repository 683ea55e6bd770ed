"""Every version that the test cluster pins, in one place."""

KUBERNETES = "1.37.2"
ETCD = "3.7.3"
CONTAINERD = "2.3.7"
COREDNS = "1.15.0"
METRICS_SERVER = "0.9.0"

HELM = "4.3.1"
KUBECONFORM = "0.8.0"
KUBE_SCORE = "1.20.0"
ACTIONLINT = "1.7.12"
CRANE = "0.22.1"
FLUX_CLI_UTILS = "1.3.0"
GOPHER_LUA = "1.1.2"
"""What the delivery is checked with: Helm, three linters, a registry to push images to (crane's), Flux's kstatus, Argo
CD's Lua."""

PROMETHEUS = "0.316.0"
"""As Go numbers it: 3.16.0."""

KRO = "0.9.4"
"""What the operator is measured beside."""

KIND = "0.33.0"
"""Where Docker runs. It brings its own node image, pinned by digest: Kubernetes 1.37.0."""

GO = (1, 26)
"""The oldest Go toolchain that builds all of the above."""

PYTHON = "3.13"
DEBIAN_SUITE = "trixie"
"""What `python:3.13-slim-trixie` is made of; its stand-in is made of the same."""
