"""The contract as it was agreed last, and which changes of it need a new version."""
