"""What the scenarios are written with: the processes, a client that sends exact octets, tokens of every kind, a rude upstream."""
