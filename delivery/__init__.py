"""How the project is made ready to ship: files generated from its own code, pictures, and the pipeline's steps."""
