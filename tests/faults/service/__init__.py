"""Does the service keep its word about writes and reads whatever happens to it, to its store and between them?

A real service runs on a real store under load while a schedule of faults (schedule.py), made from a seed, befalls it:
kill -9 of either, and a link between them (link.py) that is slow, narrow, cut, or silently dead. What the callers
(load.py) asked and were answered is a history, and the oracles (history.py, answers.py) are pure functions of it: no
acknowledged write is lost, doubled or out of order, no read goes back, no request hangs or is answered with a surprise.
A fault that did not happen, and an oracle that compared nothing, is a failure.
"""
