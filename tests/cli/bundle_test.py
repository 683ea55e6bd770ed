"""The archive of a report."""

import io
import tarfile
from datetime import UTC, datetime

from kubectl_dataservice.bundle import archive

MADE = datetime(2026, 11, 29, 1, 2, 3, tzinfo=UTC)
FILES = {"README.txt": "what is in it", "logs/orders-1.log": "ä\udc80\n"}


def test_each_text_is_a_file_that_its_owner_alone_may_read() -> None:
    with tarfile.open(fileobj=io.BytesIO(archive("report", FILES, MADE))) as tar:
        assert tar.getnames() == ["report/README.txt", "report/logs/orders-1.log"]
        assert {entry.mode for entry in tar} == {0o600}
        text = tar.extractfile("report/logs/orders-1.log")
        assert text is not None
        assert text.read().decode() == "ä?\n"


def test_the_same_report_is_the_same_bytes() -> None:
    assert archive("report", FILES, MADE) == archive("report", FILES, MADE)
