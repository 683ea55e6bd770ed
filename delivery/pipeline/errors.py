"""What stops the pipeline, in a sentence for whoever reads its log."""


class PipelineError(Exception):
    """One line: what is wrong, and what to do about it."""
