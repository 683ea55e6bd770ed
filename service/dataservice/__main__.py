"""`python -m dataservice`: one process, uvicorn, graceful drain. More processes are more pods."""

from dataservice.app import service_from_environment
from dataservice.server import api_server


def main() -> None:
    service = service_from_environment()
    server = api_server(
        service.app,
        service.settings,
        on_signal=service.readiness.drain,
        on_cut=service.metrics.connection_cut,
    )
    server.run()


if __name__ == "__main__":
    main()
