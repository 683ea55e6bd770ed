import os
import threading

from dataservice.domain.entropy import SIZE, random_bytes


def test_no_two_calls_get_the_same_from_any_thread() -> None:
    given: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: given.extend([random_bytes() for _ in range(2000)])) for _ in range(4)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert len(set(given)) == len(given) == 8000
    assert {len(each) for each in given} == {SIZE}


def test_a_forked_process_gets_others() -> None:
    random_bytes()
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.write(writing, random_bytes())
        os._exit(0)
    os.waitpid(child, 0)

    assert os.read(reading, SIZE) != random_bytes()
    os.close(reading)
    os.close(writing)
