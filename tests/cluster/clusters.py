"""The two clusters of a checkout, whatever each is made of."""

import shutil

from tests.cluster import apiserver, engine, kind, mongodb, node
from tests.cluster.identity import Mode, instance
from tests.cluster.progress import Report, Task


def up_tasks(mode: Mode) -> list[Task]:
    """What is left to do until the cluster is up."""
    return [*_start_tasks(mode), *_database_tasks()]


def _start_tasks(mode: Mode) -> list[Task]:
    if mode is Mode.CONTROL_PLANE:
        return apiserver.up_tasks()
    return kind.up_tasks(instance(mode)) if engine.docker_runs() else node.up_tasks()


def _database_tasks() -> list[Task]:
    if mongodb.server() is not None:
        return []
    return [Task(f"install SecantusDB {mongodb.VERSION}, the tests' MongoDB", _install_database)]


def _install_database(report: Report) -> None:
    mongodb.install(report)


def down(mode: Mode) -> None:
    chosen = instance(mode)
    if mode is Mode.CONTROL_PLANE:
        apiserver.down()
    elif engine.docker_runs():
        kind.down(chosen)
    else:
        node.down()
    shutil.rmtree(chosen.state, ignore_errors=True)
