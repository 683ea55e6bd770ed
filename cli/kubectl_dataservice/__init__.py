"""The kubectl plugin: `kubectl dataservice` shows the state of DataServices and has the verbs to steer them."""
