"""Local channel servers for the demo, the tests and the simulator."""
