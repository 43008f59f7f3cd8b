# SPDX-License-Identifier: BSD-3-Clause
"""vcryptod for the vdev, in a process of its own; its device has the other core."""
import os
import subprocess
import time

from nulldev import Failed

START_S, END_S = 120, 60    # what a busy machine may need; only what has failed takes so long


def end(popen):
    """SIGTERM; what does not end by it is killed, and False."""
    popen.terminate()
    try:
        return popen.wait(END_S) == 0
    except subprocess.TimeoutExpired:
        popen.kill()
        popen.wait()
        return False


def arguments(socket, engine, queues):
    return ['--socket', socket, '--queues', str(queues), '--engine', engine, '--cpu', '1']


def shown(engine, queues):
    """How a report shows the command."""
    return ' '.join(['vcryptod'] + arguments('SOCKET', engine, queues))


class Daemon:
    """log: an open file."""

    def __init__(self, build, socket, engine, queues, log, popen_args):
        self.popen = subprocess.Popen(
            [os.path.join(build, 'app/vcryptod/vcryptod')] + arguments(socket, engine, queues),
            stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **popen_args)
        for _ in range(START_S * 10):
            if os.path.exists(socket) or self.popen.poll() is not None:
                break
            time.sleep(0.1)
        if not os.path.exists(socket) or self.popen.poll() is not None:
            self.end()
            raise Failed('vcryptod did not come up')

    def end(self):
        end(self.popen)
