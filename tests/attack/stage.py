# SPDX-License-Identifier: BSD-3-Clause
"""What an attack happens on: one vcryptod with three sockets, the victim on the second, and
connections to the third; and what is measured meanwhile.
"""
import os
import resource
import select
import subprocess
import sys
import time

from neighbour import Neighbour, comes_true

WAIT = 120              # seconds; only what has failed waits so long
BACK = 30               # seconds for the attacked socket to serve again: more than the
                        # longest pause before a device process is started again (10)
SETTLE = 15             # seconds for descriptors to be as before
HERE = os.path.dirname(os.path.abspath(__file__))
EAL = ['--no-huge', '-m', '96', '--no-pci', '--no-shconf', '--no-telemetry', '--iova-mode=va',
       '--log-level=lib.eal:error']
TICK = os.sysconf('SC_CLK_TCK')


def line_of(process, what):
    if not select.select([process.stdout], [], [], WAIT)[0]:
        raise AssertionError(f'{what} says nothing')
    line = process.stdout.readline().decode()
    if not line:
        raise AssertionError(f'{what} has ended')
    return line


def is_there(pid):
    """Is it a process that has not ended?"""
    try:
        with open(f'/proc/{pid}/stat') as stat:
            return stat.read().rsplit(')', 1)[1].split()[0] not in 'ZX'
    except OSError:
        return False


def cpu_of(pid):
    """Seconds of CPU time of a process, its threads, and its children that have ended."""
    try:
        with open(f'/proc/{pid}/stat') as stat:
            return sum(int(x) for x in stat.read().rsplit(')', 1)[1].split()[11:15]) / TICK
    except OSError:
        return 0


def cpu_of_machine():
    with open('/proc/stat') as stat:
        user, nice, system, _, _, irq, soft, steal = stat.readline().split()[1:9]
    return sum(int(x) for x in (user, nice, system, irq, soft, steal)) / TICK


class Tree:
    """The daemon: supervisor and device processes, on the sockets a, b and c."""

    def __init__(self, program, folder, queues, silent=False, options=()):
        """silent: its errors go into a pipe that nobody reads.  options: more of the daemon's."""
        self.paths = [os.path.join(folder, name) for name in 'abc']
        self.queues, self.silent = queues, silent
        self.log = open(os.path.join(folder, 'log'), 'w+b')
        args = [program, '--queues', str(queues), *options]
        for path in self.paths:
            args += ['--socket', path]
        self.process = subprocess.Popen(
            args, bufsize=0, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if silent else self.log)
        ready = 0
        while ready < len(self.paths):
            ready += ': ready:' in line_of(self.process, 'the daemon')

    def pids(self):
        pid = self.process.pid
        with open(f'/proc/{pid}/task/{pid}/children') as children:
            return [pid, *(int(x) for x in children.read().split())]

    def devices(self):
        """Process of each socket, in order; one process for all if the daemon is so made."""
        found = {}
        for pid in self.pids()[1:]:
            try:
                with open(f'/proc/{pid}/cmdline', 'rb') as line:
                    option = line.read().split(b'\0')[1]
            except OSError:
                continue        # it ends just now
            if option.startswith(b'--device-process='):
                found[int(option.split(b'=')[1].split(b',')[0])] = pid
        return [found.get(i) for i in range(len(self.paths))]

    def descriptors(self):
        """Of all processes; -1 while one ends; None: only root may see them."""
        total = 0
        for pid in self.pids():
            try:
                total += len(os.listdir(f'/proc/{pid}/fd'))
            except PermissionError:
                return None
            except OSError:
                return -1
        return total

    def cpu(self):
        return sum(cpu_of(pid) for pid in self.pids())

    def said(self, since=0):
        self.log.seek(since)
        return self.log.read().decode(errors='replace')

    def end(self):
        """Milliseconds from SIGTERM, and the status."""
        began = time.monotonic()
        if self.process.poll() is None:
            self.process.terminate()
        try:
            status = self.process.wait(WAIT)
        finally:
            self.process.kill()
            self.process.stdout.close()
            if self.silent:
                self.process.stderr.close()
            self.log.close()
        return (time.monotonic() - began) * 1000, status


class Victim:
    """The program of victim.c."""

    def __init__(self, program, plugin, path, log):
        cpus = ','.join(str(cpu) for cpu in sorted(os.sched_getaffinity(0)))
        self.process = subprocess.Popen(
            [program, '--lcores', f'0@({cpus})', *EAL, '-d', plugin, '--', path],
            bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        while line_of(self.process, 'the victim') != 'ready\n':
            pass

    def words(self, command):
        try:
            self.process.stdin.write(command)
        except BrokenPipeError:
            pass                # it has ended, as the next line says
        words = line_of(self.process, 'the victim').split()[1:]
        return {k: int(v) for k, v in zip(words[::2], words[1::2])}

    def window(self):
        """What it did since it was asked last."""
        w = self.words(b'm\n')
        w['rate'] = w['ops'] * 1e6 / max(1, w['us'])
        return w

    def end(self):
        try:
            return self.words(b'q\n')
        finally:
            self.process.stdin.close()
            try:
                self.process.wait(WAIT)
            finally:
                self.process.kill()
                self.process.stdout.close()


def meet(path, queues):
    """Milliseconds from connect to the first right result."""
    began = time.monotonic()
    f = Neighbour(path, queues)
    try:
        f.prove()
    finally:
        f.close()
    return (time.monotonic() - began) * 1000


class Stage:
    """A daemon with its victim, for several rows."""

    def __init__(self, options, folder, queues, silent=False, more=()):
        """more: options of the daemon."""
        self.options, self.folder = options, folder
        self.tree = Tree(options.daemon, folder, queues, silent, more)
        self.victim_log = open(os.path.join(folder, 'victim.log'), 'wb')
        try:
            self.victim = Victim(options.victim, options.plugin, self.tree.paths[1],
                                 self.victim_log)
        except BaseException:
            self.tree.end()
            raise
        self.alone = []         # operations a second, of each time that nobody attacked

    def reference(self):
        if not self.options.short:
            self.victim.window()
            time.sleep(max(2, self.options.seconds / 6))
            self.alone.append(self.victim.window()['rate'])

    def cpu(self):
        """Seconds of CPU time of all that belongs to the attack, victim included."""
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        own = resource.getrusage(resource.RUSAGE_SELF)
        return (self.tree.cpu() + cpu_of(self.victim.process.pid) + ended.ru_utime +
                ended.ru_stime + own.ru_utime + own.ru_stime)

    def attack(self, name, row):
        """row of attacker.py, under a name; what was measured."""
        o, tree, result = self.options, self.tree, {'row': name}
        self.reference()
        before, devices = tree.descriptors(), tree.devices()
        at = tree.log.seek(0, os.SEEK_END)
        self.victim.window()
        began, cpu, machine = time.monotonic(), self.cpu(), cpu_of_machine()
        process = subprocess.Popen(
            [sys.executable, os.path.join(HERE, 'attacker.py'), row, tree.paths[0],
             str(o.seconds), str(tree.queues)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        result['connect'] = self.connects(process, result)
        result['out'] = process.communicate()[0].decode()
        result['window'] = self.victim.window()
        result['others'] = max(0, (cpu_of_machine() - machine - (self.cpu() - cpu)) /
                               (time.monotonic() - began))
        result['back'] = self.returns()
        result['settled'] = comes_true(lambda: tree.descriptors() == before, SETTLE)
        result.update(before=before, after=tree.descriptors(), said=tree.said(at))
        result['died'] = [i for i, (x, y) in enumerate(zip(devices, tree.devices())) if x != y]
        return result

    def connects(self, process, result):
        """Milliseconds of the longest of several connections to the third socket."""
        longest, end = 0, time.monotonic() + self.options.seconds + WAIT
        while True:
            try:
                longest = max(longest, meet(self.tree.paths[2], self.tree.queues))
            except (OSError, AssertionError) as error:
                result['refused'] = f'{type(error).__name__} {error}'
            try:
                process.wait(min(0.5, self.options.seconds))
                return longest
            except subprocess.TimeoutExpired:
                if time.monotonic() > end:
                    process.kill()
                    result['refused'] = 'the attacker hangs'

    def returns(self):
        """Milliseconds until the attacked socket serves again; None: it does not."""
        began = time.monotonic()
        while time.monotonic() < began + BACK:
            try:
                meet(self.tree.paths[0], self.tree.queues)
                return (time.monotonic() - began) * 1000
            except (OSError, AssertionError):
                time.sleep(0.05)
        return None

    def end(self, bound_ms):
        """What is wrong at the end.  bound_ms: for the daemon, from SIGTERM; None: any."""
        wrong = []
        try:
            sums = self.victim.end()
            if sums['sent'] != sums['back'] or sums['bad'] or self.victim.process.returncode:
                wrong.append(f'the victim: {sums}')
        except (AssertionError, OSError, KeyError) as error:
            wrong.append(f'the victim: {error}')
        ms, status = self.tree.end()
        if status != 0:
            wrong.append(f'the daemon ended with status {status}')
        if bound_ms is not None and ms > bound_ms:
            wrong.append(f'the daemon took {ms:.0f} ms to end')
        self.victim_log.close()
        return wrong
