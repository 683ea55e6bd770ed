"""`python -m dataservice_operator`."""

from dataservice_operator.main import main

main()
