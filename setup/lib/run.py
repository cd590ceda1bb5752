"""Run a command with PostgreSQL up; ``setup/lib/run`` is its front."""

import signal
import subprocess
import sys

import databases
import postgres


def main(command):
    # Ctrl-C and kill end the command first, then the server.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with postgres.running() as env:
        env["CHANNEL_ODOO_CONF"] = str(databases.write_conf(env))
        child = subprocess.Popen(command, env=env)
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:
                child.terminate()


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (postgres.PostgresError, FileNotFoundError) as error:
        sys.exit(f"setup: stopped: {error}")
