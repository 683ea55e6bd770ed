"""Does the operator make the same of the same wishes whatever happens between it and its API server?

It is a process like any other, nothing in it is instrumented; a proxy between it and a real API server does one
thing wrong (plans.py, proxy.py), as Sieve does (OSDI'22). The story of one DataService (story.py) is told undisturbed,
twice, and then once for each plan, in a namespace of its own. Oracles: every status that is written or seen is honest;
the same objects in the end; the same creates and deletes, each as often; no write at rest. A fault that did not happen
is a failure.
"""
