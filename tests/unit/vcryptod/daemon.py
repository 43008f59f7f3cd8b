# SPDX-License-Identifier: BSD-3-Clause
"""A daemon under test: started, listened to, ended.  Each wait has its bound, and none of them
outlives the program that has started it.
"""
import atexit
import os
import select
import signal
import subprocess
import time

WAIT = 120              # seconds; only a case that has failed waits so long
started = []


@atexit.register
def end_all():
    """What a case that has failed has left."""
    for d in started:
        d.process.kill()
        d.process.wait(WAIT)


def comes_true(question, seconds=WAIT):
    """Asks until the answer is yes; false if it never is."""
    end = time.monotonic() + seconds
    while not question():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


class Daemon:
    """Its stderr is in a file of the folder."""

    def __init__(self, program, folder, *args, **kwargs):
        self.errors = os.path.join(folder, 'stderr')
        with open(self.errors, 'wb') as errors:
            self.process = subprocess.Popen([program, *args], stdin=subprocess.DEVNULL, bufsize=0,
                                            stdout=subprocess.PIPE, stderr=errors, **kwargs)
        started.append(self)

    def line(self):
        if not select.select([self.process.stdout], [], [], WAIT)[0]:
            raise AssertionError('the daemon says nothing')
        return self.process.stdout.readline().decode()

    def says_ready(self):
        line = self.line()
        assert ': ready: ' in line, line + self.said()
        return line

    def said(self, path=None):
        """By stderr, or in the file of that path."""
        with open(path or self.errors, encoding='utf-8') as f:
            return f.read()

    def has_said(self, text, path=None):
        """Sooner or later: a thread of the supervisor writes it."""
        assert comes_true(lambda: text in self.said(path)), f'never said: {text}: {self.said(path)}'

    def device_pids(self):
        """Of the device processes, as text."""
        pid = self.process.pid
        with open(f'/proc/{pid}/task/{pid}/children', encoding='ascii') as f:
            return f.read().split()

    def end(self, number=signal.SIGTERM):
        """Its exit code; number None: it ends by itself.  May be called again."""
        if self.process.poll() is None and number is not None:
            self.process.send_signal(number)
        try:
            return self.process.wait(WAIT)
        finally:
            self.process.kill()
            self.process.stdout.close()
