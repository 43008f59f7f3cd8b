#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The unit of systemd: its settings are known and strict, and the daemon works with them.

    unit.py UNIT SOCKET AS_UNIT [VCRYPTOD]

UNIT and SOCKET are the files that are installed, AS_UNIT the program that stands in for systemd.
Without VCRYPTOD the daemon is not run (a sanitizer makes system calls of its own).
Prints one line a case.  Exit 77 where systemd-analyze is not installed.
"""
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading

EXPOSURE = 20           # tenths; what systemd-analyze calls OK ends at 50
PARTS = ['limits', 'dumps', 'namespaces', 'root', 'capabilities', 'no-new-privs', 'seccomp']
WAIT = 120              # seconds; only a case that has failed waits so long


def write_unit(folder, text):
    path = os.path.join(folder, 'vcryptod@.service')
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text)
    return path


def analyze(*args):
    return subprocess.run(['systemd-analyze', '--no-pager', *args], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def complaints(path):
    """What systemd says of this unit, and not of others of the machine."""
    run = analyze('verify', '--man=no', path)
    lines = [line for line in run.stdout.split('\n') if 'vcryptod' in line]
    return lines or ([run.stdout] if run.returncode != 0 else [])


def test_verify(folder, text):
    """Every setting is one of systemd's."""
    text = re.sub(r'^ExecStart=\S+', 'ExecStart=' + sys.executable, text, flags=re.M)
    assert not complaints(write_unit(folder, text)), complaints(write_unit(folder, text))
    # systemd would else make one user for all instances.
    assert re.search(r'^User=vcryptod-%i$', text, re.M), 'an instance has no user of its own'
    for bad in 'NoSuchSetting=yes', 'KillMode=sometimes', 'SystemCallFilter=no_such_call':
        path = write_unit(folder, text.replace('[Install]', bad + '\n\n[Install]'))
        assert complaints(path), f'{bad} is not noticed'


def test_socket(folder, text, service):
    """Every setting of the socket is one of systemd's, and the service is there for it."""
    service = re.sub(r'^ExecStart=\S+', 'ExecStart=' + sys.executable, service, flags=re.M)
    write_unit(folder, service)
    path = os.path.join(folder, 'vcryptod@.socket')
    for bad in None, 'NoSuchSetting=yes', 'SocketMode=open', 'ListenStream=nowhere':
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text if bad is None else text.replace('[Install]', bad + '\n\n[Install]'))
        said = complaints(path)
        assert bool(said) == (bad is not None), f'{bad}: {said}'


def is_strict(path):
    return analyze('security', '--offline=true', f'--threshold={EXPOSURE}',
                   path).returncode == 0


def test_exposure(folder, text):
    """systemd's own judgement."""
    path = write_unit(folder, text)
    assert is_strict(path), analyze('security', '--offline=true', path).stdout
    weak = re.sub(r'^(DynamicUser|CapabilityBoundingSet|PrivateNetwork)=.*\n', '', text, flags=re.M)
    assert not is_strict(write_unit(folder, weak)), 'a weak unit is not noticed'


def start_words(unit, folder):
    """What the unit starts the daemon with, before the instance's own options; folder is the
    instance's."""
    with open(unit, encoding='utf-8') as f:
        words = re.search(r'^ExecStart=(.*)$', f.read(), re.M)[1].split()
    assert words.pop() == '$VCRYPTOD_OPTIONS', 'the instance cannot override what the unit says'
    return [word.replace('%t/vcryptod/%i', folder) for word in words[1:]]


def check_figures(folder, program):
    """As root finds them; nobody else may."""
    path = os.path.join(folder, 'ctl.sock')
    mode = os.lstat(path).st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600, oct(mode)
    run = subprocess.run([program, 'ctl', '--json', '--interval', '0', path], text=True,
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, timeout=WAIT, check=False)
    assert run.returncode == 0, run.stderr
    devices = json.loads(run.stdout)['devices']
    assert [d['socket'] for d in devices] == [os.path.join(folder, name) for name in 'ab']


def run_daemon(folder, unit, as_unit, program):
    """(exit status, what was said) of a daemon that was ready, and was told to end."""
    env = dict(os.environ, UNIT=unit, PROGRAM=program)
    args = [as_unit, '--socket', os.path.join(folder, 'a'), '--socket', os.path.join(folder, 'b'),
            '--socket-mode', '0660', '--queues', '127', '--cpu',
            str(min(os.sched_getaffinity(0))), *start_words(unit, folder)]
    with subprocess.Popen(args, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True) as p:
        said = []
        bound = threading.Timer(WAIT, p.kill)   # its output ends with it
        bound.start()
        for line in p.stdout:
            said.append(line)
            if sum(': ready: ' in x for x in said) == 2 and sum(': cage:' in x for x in said) == 2:
                break
        else:
            bound.cancel()
            return p.wait(WAIT), said
        try:
            check_figures(folder, program)
        finally:
            p.send_signal(signal.SIGTERM)
        said += p.stdout.readlines()
        bound.cancel()
        return p.wait(WAIT), said


def test_cage(folder, unit, as_unit, program):
    """All parts of the cage are in force, with as many queues as there may be."""
    status, said = run_daemon(folder, unit, as_unit, program)
    cages = [line for line in said if ': cage:' in line]
    assert status == 0 and len(cages) == 2, f'status {status}: {"".join(said)}'
    for line in cages:
        words = re.sub(r'\([^)]*\)', '', line.split(': cage:')[1]).split()
        assert words == PARTS, line
    assert not os.path.exists(os.path.join(folder, 'a')), 'the socket was not removed'
    with open(unit, encoding='utf-8') as f:
        short = write_unit(folder, re.sub(r'^(SystemCallFilter=.*) seccomp$', r'\1', f.read(),
                                          flags=re.M))
    status, said = run_daemon(folder, short, as_unit, program)
    assert status != 0 and 'SIGSYS' in ''.join(said), 'a call that is missing is not noticed'


def case(name, function, *args):
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        try:
            function(folder, *args)
        except (AssertionError, OSError, subprocess.SubprocessError) as e:
            print(f'FAIL {name}\n{e}')
            return False
    print(f'PASS {name}')
    return True


def main(unit, socket, as_unit, program=None):
    if shutil.which('systemd-analyze') is None:
        print('systemd-analyze is not installed (Debian: systemd)')
        return 77
    with open(unit, encoding='utf-8') as f:
        text = f.read()
    ok = case('verify', test_verify, text)
    ok = case('exposure', test_exposure, text) and ok
    with open(socket, encoding='utf-8') as f:
        ok = case('socket', test_socket, f.read(), text) and ok
    if program is None:
        pass
    elif os.geteuid() != 0:
        print('SKIP cage (only root can stand in for systemd)')
    else:
        ok = case('cage', test_cage, unit, as_unit, program) and ok
    return 0 if ok else 1


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
