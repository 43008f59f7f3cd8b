#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""vcryptod as those meet it who run it: descriptors that are handed over, a service manager, the
forms of its lines, what it says of mistakes.

    deployed.py VCRYPTOD DEVICES

DEVICES is the example of a file with many devices.
Prints one line a case, and 'N passed, N failed' last.
"""
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

import front_end
from cases import Cases
from daemon import WAIT, Daemon, comes_true
from front_end import FrontEnd

QUEUES = ['--queues', str(front_end.QUEUES)]


def run(program, *args, **kwargs):
    """Status, stdout and stderr of a daemon that ends by itself."""
    done = subprocess.run([program, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=WAIT, text=True, **kwargs)
    return done.returncode, done.stdout, done.stderr


def works(path):
    f = FrontEnd(path)
    f.start()
    status, ident = f.create()
    assert status == front_end.OK
    f.check(0, ident)
    return f


def listener(path):
    s = socket.socket(socket.AF_UNIX)
    s.bind(path)
    s.listen(4)
    return s


# ---- cases -------------------------------------------------------------------

def says_each_mistake_once(program, folder):
    """One line, which names the mistake and what to do."""
    path = os.path.join(folder, 'sock')
    busy = os.path.join(folder, 'busy')
    held = listener(busy)
    cpu = max(os.sched_getaffinity(0)) + 1
    fifo = os.path.join(folder, 'fifo')
    os.mkfifo(fifo)
    for args, status, text in (
            (['--socket', '/nowhere/sock'], 1, 'the folder of the socket does not exist: make it'),
            (['--socket', f'{__file__}/sock'], 1, 'a part of the path is not a folder'),
            (['--socket', busy], 1, 'another process listens there: end it, or choose'),
            (['--socket', path, '--engine', 'openssl', '--algos', 'aes-cbc,kasumi-f8'], 1,
             '--algos kasumi-f8: engine openssl lacks it: leave it out'),
            (['--socket', path, '--socket', path + '2', '--sas', '4', '--services', 'cipher'], 1,
             'no MAC and no AEAD'),
            (['--socket', path, '--cpu', f'0,{cpu}'], 2, f'CPU {cpu} is none that'),
            (['--socket', path, '--socket-group', 'no-such-group'], 2, 'there is no such group'),
            (['--socket', path, '--log-file', '/nowhere/log'], 1, 'choose another file'),
            (['--socket', path, '--log-file', fifo], 1, 'choose another file'),
            (['--fd', '77'], 1, 'fd 77: this descriptor is not open'),
            (['--socket', path, '--max-size', '1T'], 2, 'not 1k to 256M')):
        code, out, err = run(program, *args)
        assert code == status and out == '', (args, code, out, err)
        assert text in err and err.count('\n') == 1 and err.startswith('vcryptod: '), (args, err)
    held.close()


def prints_capabilities(program, _folder):
    code, out, err = run(program, '--print-capabilities', '--fd', 'x')
    assert code == 0 and err == '' and json.loads(out) == {'type': 'crypto'}, out


def takes_a_listener(program, folder):
    path = os.path.join(folder, 'sock')
    s = listener(path)
    d = Daemon(program, folder, f'--fd={s.fileno()}', *QUEUES, pass_fds=[s.fileno()])
    assert f'vcryptod: fd {s.fileno()}: ready: ' in d.says_ready()
    for _ in range(2):
        works(path).close()
        d.has_said('is gone after')
    assert d.end() == 0
    assert os.path.exists(path), 'a socket that was given is not its own to remove'


def takes_a_connection(program, folder):
    """The daemon ends with it, and the front end sees its end."""
    ours, theirs = socket.socketpair()
    d = Daemon(program, folder, '--fd', str(theirs.fileno()), *QUEUES,
               pass_fds=[theirs.fileno()])
    theirs.close()
    d.says_ready()
    f = FrontEnd(ours)
    f.start()
    status, ident = f.create()
    assert status == front_end.OK
    f.check(0, ident)
    f.close()
    assert d.end(None) == 0, d.said()
    assert 'starts again' not in d.said()


def connection_dies(program, folder):
    ours, theirs = socket.socketpair()
    d = Daemon(program, folder, '--fd', str(theirs.fileno()), pass_fds=[theirs.fileno()])
    theirs.close()
    d.says_ready()
    FrontEnd(ours)
    os.kill(int(d.device_pids()[0]), signal.SIGKILL)
    assert ours.recv(1) == b''
    assert d.end(None) == 1
    d.has_said('was killed by SIGKILL, and its connection with it: the daemon ends')


def no_socket_at_all(program, folder):
    """A file, a datagram socket, one that is neither bound nor connected."""
    with open(os.path.join(folder, 'file'), 'wb') as file:
        others = [(file, 'is no unix stream socket'),
                  (socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM), 'is no unix stream socket'),
                  (socket.socket(socket.AF_UNIX), 'neither listens nor is it connected')]
        for s, text in others:
            code, _, err = run(program, '--fd', str(s.fileno()), pass_fds=[s.fileno()])
            assert code == 1 and text in err and err.count('\n') == 1, err
        for s, _ in others[1:]:
            s.close()


def activated(program, folder):
    """As systemd does it: LISTEN_PID is the daemon's own."""
    path, other = os.path.join(folder, 'sock'), os.path.join(folder, 'other')
    s = listener(path)

    def start(*sockets):
        words = [w for p in sockets for w in ('--socket', p)]
        shell = f'exec 3<&{s.fileno()}; LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"'
        return ['-c', shell, program, *words, *QUEUES]

    d = Daemon('/bin/sh', folder, *start(path, other), pass_fds=[s.fileno()])
    d.says_ready()
    d.says_ready()
    for p in (path, other):
        works(p).close()
    assert d.end() == 0
    assert os.path.exists(path) and not os.path.exists(other)
    code, _, err = run('/bin/sh', *start(other), pass_fds=[s.fileno()])
    assert code == 2 and f'is bound to {path}: name that path' in err and err.count('\n') == 1, err
    for fds, text in (('2', f'descriptors 3 and 4 are both bound to {path}'),
                      ('2000', 'is no number of 0 to'), ('1x', 'is no number of 0 to')):
        shell = (f'exec 3<&{s.fileno()} 4<&{s.fileno()}; LISTEN_PID=$$ LISTEN_FDS={fds} '
                 'exec "$0" "$@"')
        code, _, err = run('/bin/sh', '-c', shell, program, '--socket', path, *QUEUES,
                           pass_fds=[s.fileno()])
        assert code == 2 and text in err and err.count('\n') == 1, err
    s.close()


def few_descriptors(program, folder):
    """The daemon takes what it may have, and says what is missing."""
    sockets = [w for i in range(40) for w in ('--socket', os.path.join(folder, f's{i}'))]
    code, _, err = run('/bin/sh', '-c', 'ulimit -n 100; exec "$0" "$@"', program, *sockets)
    assert code == 1 and err.count('\n') == 1, err
    assert '40 devices need' in err and 'no more than 100 are allowed' in err, err
    d = Daemon('/bin/sh', folder, '-c', 'ulimit -Sn 30; exec "$0" "$@"', program, *sockets[:8],
               *QUEUES)
    for _ in range(4):
        d.says_ready()
    works(sockets[1]).close()
    assert d.end() == 0


def tells_its_manager(program, folder):
    path = os.path.join(folder, 'notify')
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(path)
    manager.settimeout(WAIT)
    sockets = [w for i in '01' for w in ('--socket', os.path.join(folder, i))]
    d = Daemon(program, folder, *sockets, env=dict(os.environ, NOTIFY_SOCKET=path))
    assert manager.recv(200) == b'READY=1\nSTATUS=2 of 2 devices served'
    os.kill(int(d.device_pids()[0]), signal.SIGKILL)
    assert manager.recv(200) == b'STATUS=1 of 2 devices served'
    assert manager.recv(200) == b'STATUS=2 of 2 devices served'
    assert d.end() == 0
    assert manager.recv(200) == b'STOPPING=1'
    manager.close()


def forms_and_levels(program, folder):
    path = os.path.join(folder, 'sock')
    cage = 'vcryptod: ' + re.escape(path) + ': cage: '
    gone = r'the front end \(pid \d+\) is gone'
    killed = re.escape(f'vcryptod: {path}: the device process was killed by SIGKILL')
    for form, info, error in (
            ('plain', '', ''),
            ('time', r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ',
             r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z '),
            ('journal', '<6>', '<3>')):
        for level in ('info', 'err'):
            d = Daemon(program, folder, '--socket', path, '--log-form', form, '--log', level,
                       *QUEUES)
            d.says_ready()
            works(path).close()
            child = int(d.device_pids()[0])
            if level == 'info':
                d.has_said('is gone after')
            os.kill(child, signal.SIGKILL)
            d.has_said('was killed by SIGKILL')
            assert d.end() == 0
            said = d.said()
            for pattern in (cage, f'vcryptod: {re.escape(path)}: {gone}'):
                found = re.search('^' + info + pattern, said, re.M)
                assert (found is not None) == (level == 'info'), (form, level, said)
            assert re.search('^' + error + killed, said, re.M), (form, level, said)


def log_file(program, folder):
    """SIGHUP opens it again, as logrotate wants; lines before and after are in one file each."""
    path, log = os.path.join(folder, 'sock'), os.path.join(folder, 'log')
    d = Daemon(program, folder, '--socket', path, '--log-file', log, *QUEUES)
    d.says_ready()
    d.has_said(': cage: ', log)
    os.rename(log, log + '.1')
    d.process.send_signal(signal.SIGHUP)
    assert comes_true(lambda: os.path.exists(log))
    works(path).close()
    d.has_said('is gone after', log)
    assert 'is gone after' not in d.said(log + '.1') and d.said() == ''
    # Where it cannot be opened the old one goes on; nobody waits for the reader of a FIFO.
    os.rename(log, log + '.2')
    for make in (os.mkdir, os.mkfifo):
        make(log)
        d.process.send_signal(signal.SIGHUP)
        d.has_said('cannot be opened again', log + '.2')
        os.rename(log, log + make.__name__)
        works(path).close()
        os.truncate(log + '.2', 0)
    works(path).close()
    assert d.end() == 0


def full_disk(program, folder):
    """Lines are lost and counted; the daemon goes on, and starts a device process again."""
    path, log = os.path.join(folder, 'sock'), os.path.join(folder, 'log')
    d = Daemon(program, folder, '--socket', path, '--log-file', log, *QUEUES)
    d.says_ready()
    d.has_said(': cage: ', log)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.prlimit(d.process.pid, resource.RLIMIT_FSIZE, (os.path.getsize(log) + 9, hard))
    for _ in range(3):
        works(path).close()
    (child,) = d.device_pids()
    os.kill(int(child), signal.SIGKILL)
    d.says_ready()
    assert 'is gone after' not in d.said(log) and 'were lost' not in d.said(log)
    resource.prlimit(d.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
    works(path).close()
    d.has_said('is gone after', log)
    assert re.search('^vcryptod: [1-9][0-9]* lines were lost here: .*: File too large$',
                     d.said(log), re.M), d.said(log)
    assert d.end() == 0


def hung_up(program, folder):
    """The terminal is gone: an end as any other."""
    path = os.path.join(folder, 'sock')
    d = Daemon(program, folder, '--socket', path)
    d.says_ready()
    assert d.end(signal.SIGHUP) == 0
    assert not os.path.exists(path)


def many_devices(program, folder):
    """A file with devices that differ, and what the command line says of all of them."""
    path = os.path.join(folder, 'vcryptod.conf')
    with open(path, 'w', encoding='utf-8') as f:
        f.write(f'[vcryptod]\nqueues = 3\nsessions = 9\n; a remark\n[one]\n'
                f'socket = {folder}/one\n[two]\nsocket = {folder}/two\nqueues = 5\n'
                f'features = split\n[three]\nvfio-user = {folder}/three\nengine = openssl\n')
    notify = os.path.join(folder, 'notify')
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(notify)
    manager.settimeout(WAIT)
    d = Daemon(program, folder, '--config', path, '--socket', f'{folder}/four', '--sessions', '7',
               env=dict(os.environ, NOTIFY_SOCKET=notify))
    lines = {re.search('/(\\w+): ready: ', line)[1]: line for line in
             (d.says_ready() for _ in range(4))}
    want = {'one': ('3 queues', 'engine auto', 'and packed'), 'two': ('5 queues', 'split rings'),
            'three': ('3 queues', 'engine openssl', 'by vfio-user'),
            'four': ('3 queues', 'and packed')}
    assert set(lines) == set(want), lines
    for name, words in want.items():
        assert all(word in lines[name] for word in (*words, '7 sessions')), lines[name]
    # A device that starts again is what it was, whatever has become of the file.
    os.unlink(path)
    assert manager.recv(200).startswith(b'READY=1')
    manager.close()
    for child in d.device_pids():
        os.kill(int(child), signal.SIGKILL)
    again = {re.search('/(\\w+): ready: ', line)[1]: line for line in
             (d.says_ready() for _ in range(4))}
    assert again == lines
    assert d.end() == 0
    with open(path, 'w', encoding='utf-8') as f:
        f.write('[one]\nsocket = x\nqueues = 0\n')
    code, out, err = run(program, '--config', path)
    assert code == 2 and out == '' and err == \
        f'vcryptod: {path}:3: --queues 0: not 1 to 127; see --help\n', err
    code, _, err = run(program, '--config', os.path.join(folder, 'none'))
    assert code == 2 and 'name a file that this user can read' in err and err.count('\n') == 1, err


def example(program, folder):
    """The file that is installed, with its sockets in a folder of this test."""
    path = os.path.join(folder, 'devices.ini')
    with open(sys.argv[2], encoding='utf-8') as f, open(path, 'w', encoding='utf-8') as to:
        to.write(f.read().replace('/run/vcryptod', folder))
    d = Daemon(program, folder, '--config', path)
    lines = ''.join(sorted(d.says_ready() for _ in range(3)))
    assert f'{folder}/dpdk.sock: ready: 4 queues' in lines, lines
    assert f'{folder}/guest.sock: ready: 1 queue, engine auto, services cipher hash mac,' in lines
    assert f'{folder}/ipsec.sock: ready: 2 queues' in lines and 'by vfio-user' in lines, lines
    assert os.stat(f'{folder}/dpdk.sock').st_mode & 0o777 == 0o660
    assert d.end() == 0


def counters_do_no_harm(program, folder):
    """SIGUSR1 while the daemon reads its file, long before it handles signals."""
    path = os.path.join(folder, 'fifo')
    os.mkfifo(path)
    d = Daemon(program, folder, '--config', path)
    with open(path, 'w', encoding='utf-8') as f:        # the daemon has it open now
        for _ in range(50):
            d.process.send_signal(signal.SIGUSR1)
        f.write(f'[one]\nsocket = {folder}/sock\n')
    line = d.line()
    assert ': ready: ' in line or ': requests 0 ' in line, line + d.said()
    assert d.end() == 0


CASES = [says_each_mistake_once, prints_capabilities, takes_a_listener, takes_a_connection,
         connection_dies, no_socket_at_all, activated, few_descriptors, tells_its_manager,
         forms_and_levels, log_file, full_disk, hung_up, many_devices, example, counters_do_no_harm]


def main():
    program = os.path.abspath(sys.argv[1])
    done = Cases()
    for case in CASES:
        folder = tempfile.mkdtemp(prefix='vcryptod')
        done.run(case.__name__, case, program, folder)
        shutil.rmtree(folder)
    return done.sum_up()


if __name__ == '__main__':
    sys.exit(main())
