"""What the local shops share: HTTP, faults, logs, control API, shoppers, clocks.

No rule of any shop is in here, and nothing of any connector.
"""
