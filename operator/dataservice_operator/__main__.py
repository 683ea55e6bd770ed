"""`python -m dataservice_operator`."""

from dataservice_operator.imports import (
    leave_out_unused_clients,
    without_garbage_collection,
    without_system_certificates,
)

leave_out_unused_clients()
with without_garbage_collection(), without_system_certificates():
    from dataservice_operator.main import main

if __name__ == "__main__":
    main()
