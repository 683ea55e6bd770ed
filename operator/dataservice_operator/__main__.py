"""`python -m dataservice_operator`."""

from dataservice_operator.imports import leave_out_unused_clients

leave_out_unused_clients()

from dataservice_operator.main import main  # noqa: E402 - after it was said what it may load

if __name__ == "__main__":
    main()
