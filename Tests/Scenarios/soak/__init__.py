"""A soak: random clients and an upstream that misbehaves, with each answer and each identity held against what was asked."""
