"""`python -m kubectl_dataservice`."""

from kubectl_dataservice.app import main

if __name__ == "__main__":
    main()
