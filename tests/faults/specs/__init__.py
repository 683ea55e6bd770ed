"""Does every spec that the CRD admits come true, in whatever order specs follow each other?

Specs are made from the CRD's own schema (strategies.py, rules.py), as Acto does (SOSP'23): valid, at the bounds,
broken at one place; and changed one place at a time, there and back. Each is applied to a real API server where the
operator runs (world.py, telling.py). Oracles (oracles.py): the children are what rendering says and no more; A after B
is A again; Ready tells the truth; what is broken is refused by name and changes nothing; no crash, and another
DataService is served afterwards.
"""
