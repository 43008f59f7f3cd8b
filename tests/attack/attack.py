#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Two tenants of one vcryptod: one attacks in every way of attacker.py, the other must not
notice.  Prints a table, or with --short, where nothing is judged that depends on the
machine's speed, a verdict for each row.  Status 1 if anything is not as it must be.
"""
import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import admin_rows
import attacker
from neighbour import comes_true
from stage import HERE, WAIT, Stage, Tree, is_there

RATIO, P99_MS, CONNECT_MS, END_MS = 0.35, 50, 1000, 2000     # the targets
QUEUES, MANY = 16, 127
SECONDS, SECONDS_SHORT = 30, 0.3
ADMIN = [row.__name__ for row in admin_rows.ROWS]
IPSEC = ('--sas', str(admin_rows.SAS))      # of their daemon
SILENT = 'silent_stderr'        # broken_rings, on a daemon whose errors nobody reads
# Rows that may end the process of the attacked device; a restart in another one is a fault.
MAY_DIE = ('file_cut', 'fuse_file', 'fuse_pages', 'call_full', 'close_lingers')
# SIGTERM during another row, on a daemon of its own.
SIGTERM = {'sigterm_at_start': 'starts', 'sigterm_file': 'fuse_file',
           'sigterm_pages': 'fuse_pages', 'sigterm_call': 'call_full',
           'sigterm_close': 'close_lingers', 'sigterm_locked': 'channel_locked',
           'sigterm_work': 'tdes'}
COLUMNS = ('row', 'attacks', 'throughput', 'p99 ms', 'max ms', 'connect ms', 'failed',
           'descriptors', 'restarts', 'serves again ms', 'log lines', 'other CPU', 'verdict')


class Report:
    """Lines of a table, or PASS, FAIL and SKIP."""

    def __init__(self, short):
        self.short = short
        self.passed = self.failed = self.skipped = 0
        if not short:
            print('| ' + ' | '.join(COLUMNS) + ' |')
            print('|' + '---|' * len(COLUMNS), flush=True)

    def verdict(self, name, wrong, skip=None, cells=(), note='ok'):
        """wrong: what is not as it must be, in words.  cells: between name and verdict."""
        text = '; '.join(wrong) or skip or note
        word = 'FAIL' if wrong else 'SKIP' if skip else 'PASS'
        self.failed += word == 'FAIL'
        self.skipped += word == 'SKIP'
        self.passed += word == 'PASS'
        if self.short:
            print(f'{word} attack: {name}' + ('' if word == 'PASS' else f': {text}'), flush=True)
        else:
            cells = list(cells) + [''] * (len(COLUMNS) - 2 - len(cells))
            print('| ' + ' | '.join([name, *cells, text]) + ' |', flush=True)

    def sums(self):
        print(f'{self.passed} passed, {self.failed} failed, {self.skipped} skipped')
        return self.failed == 0 and self.passed > 0


def attacks_made(out):
    """What attacker.py says: how often, or why not."""
    words = out.split('\n')[0].split(': ', 1)
    if words[0] == 'skip':
        return 0, words[1]
    return int(words[1]) if len(words) == 2 and words[1].isdigit() else 0, None


def judge_always(result, skip):
    """What must be so on any machine."""
    w, wrong = result['window'], []
    if result['made'] == 0 and skip is None:
        wrong.append('the attack never came to it')
    if w['ops'] == 0 or w['singles'] == 0:
        wrong.append('the victim stands still')
    if w['failed'] or w['wrong']:
        wrong.append(f"{w['failed']} ops failed, {w['wrong']} have a wrong result")
    if w['events']:
        wrong.append('the victim lost its device')
    if 'refused' in result:
        wrong.append('connect: ' + result['refused'])
    if result['back'] is None:
        wrong.append('the attacked socket does not serve again')
    if not result['settled'] or result['before'] == -1:
        wrong.append('descriptors')
    if 1 in result['died'] or 2 in result['died']:
        wrong.append("a neighbour's device process died")
    if restarts(result) and result['row'] not in MAY_DIE:
        wrong.append("the attacked device's process died")
    return wrong


def judge_targets(result, alone):
    w, wrong = result['window'], []
    result['ratio'] = w['rate'] / alone
    if result['ratio'] < RATIO:
        wrong.append('throughput')
    if w['p99'] > P99_MS * 1000:
        wrong.append('p99')
    if result['connect'] > CONNECT_MS:
        wrong.append('connect')
    return wrong


def restarts(result):
    said = result['said'].count('it starts again')
    return max(said, int(0 in result['died']))


def cells_of(result):
    w, back = result['window'], result['back']
    return [str(result['made']), f"{result.get('ratio', 0):.2f}", f"{w['p99'] / 1000:.1f}",
            f"{w['max'] / 1000:.1f}", f"{result['connect']:.0f}", str(w['failed'] + w['wrong']),
            f"{result['before']} / {result['after']}", str(restarts(result)),
            '-' if back is None else f'{back:.0f}', str(result['said'].count('\n')),
            f"{result['others']:.2f}"]


def sigterm_once(options, folder, row, delay):
    """Milliseconds to the end, what is wrong, and device processes that outlived it: the kernel
    does not kill a process while it waits for a file system or a lock of another's.
    """
    tree, wrong = Tree(options.daemon, folder, QUEUES), []
    others = [subprocess.Popen(
        [sys.executable, os.path.join(HERE, 'attacker.py'), row, path, '3', str(QUEUES)],
        stdout=subprocess.DEVNULL) for path in tree.paths]
    time.sleep(delay)
    pids = tree.pids()[1:]
    ms, status = tree.end()
    left = sum(is_there(pid) for pid in pids)
    if status != 0:
        wrong.append(f'status {status}')
    if any(os.path.exists(path) for path in tree.paths):
        wrong.append('a socket is left')
    for other in others:
        other.terminate()
        other.wait(WAIT)
    if not comes_true(lambda: not any(is_there(pid) for pid in pids), WAIT):
        wrong.append('a device process is left for good')
    return ms, wrong, left


def sigterm(options, folder, report, name):
    """SIGTERM under attack of all sockets: status 0, no socket left, within the bound."""
    longest, most, wrong = 0, 0, []
    rng = random.Random(1)
    many, few = (3, 1) if options.short else (20, 3)
    for _ in range(many if name == 'sigterm_at_start' else few):
        delay = 0.2 + rng.random() / 4 + (0.5 if name != 'sigterm_at_start' else 0)
        ms, more, left = sigterm_once(options, folder, SIGTERM[name], delay)
        longest, most = max(longest, ms), max(most, left)
        wrong += more
    if not options.short and longest > END_MS:
        wrong.append(f'ended after {longest:.0f} ms')
    note = f'ok: ended after {longest:.0f} ms at most'
    report.verdict(name, wrong, note=note + f', {most} left' if most else note)


class Run:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.report = Report(options.short)
        self.stage = self.kind = None

    def finish(self):
        """Ends the stage, if there is one; false if that went wrong."""
        stage, self.stage, self.kind = self.stage, None, None
        if stage is None:
            return True
        wrong = stage.end(None if self.options.short else END_MS)
        if wrong:
            self.report.verdict('at the end', wrong)
        return not wrong

    def begin(self, kind):
        if self.kind != kind:
            self.finish()
            self.stage = Stage(self.options, self.folder, *kind)
            self.kind = kind

    def row(self, name):
        self.begin((MANY if name == 'all_queues' else QUEUES, name == SILENT,
                    IPSEC if name in ADMIN else ()))
        result = self.stage.attack(name, 'broken_rings' if name == SILENT else name)
        result['made'], skip = attacks_made(result['out'])
        wrong = judge_always(result, skip)
        if not self.options.short:
            wrong += judge_targets(result, statistics.median(self.stage.alone))
        self.report.verdict(name, wrong, skip, cells_of(result))
        with open(f'{self.options.out}/{name}.log', 'w') as log:
            log.write(result['out'] + result['said'])
        return bool(wrong or restarts(result))

    def all(self, names):
        for name in names:
            if name in SIGTERM:
                self.finish()
                sigterm(self.options, self.folder, self.report, name)
                continue
            try:
                again = self.row(name)
            except (OSError, AssertionError, subprocess.SubprocessError) as error:
                self.report.verdict(name, [f'{type(error).__name__} {error}'])
                again = True
            if again:           # the next row begins with a daemon that has no past
                self.finish()
        self.finish()
        return self.report.sums()


def arguments():
    names = [row.__name__ for row in attacker.ROWS] + [SILENT, *SIGTERM]
    parser = argparse.ArgumentParser()
    parser.add_argument('--list', action='store_true')
    parser.add_argument('--build')
    parser.add_argument('--daemon')
    parser.add_argument('--out')
    parser.add_argument('--seconds', type=float)
    parser.add_argument('--short', action='store_true')
    parser.add_argument('row', nargs='*')
    o = parser.parse_args()
    unknown = [name for name in o.row if name not in names]
    if unknown:
        parser.error(f'unknown row {unknown[0]}: --list prints the names')
    if o.list:
        print('\n'.join(names))
        sys.exit(0)
    if not o.build or not o.out:
        parser.error('--build and --out are needed: use tools/attack')
    # Where earlier rows ended the device's process, its next start may come later than a row
    # of the short form lasts; sigterm_close makes the same attack.
    left_out = ['close_lingers'] if o.short and not o.row else []
    o.row = [name for name in names if (not o.row or name in o.row) and name not in left_out]
    o.seconds = o.seconds or (SECONDS_SHORT if o.short else SECONDS)
    o.victim = f'{o.build}/tests/attack/victim'
    o.plugin = f'{o.build}/drivers/crypto/vcrypto/librte_crypto_vcrypto.so'
    o.daemon = o.daemon or f'{o.build}/app/vcryptod/vcryptod'
    os.makedirs(o.out, exist_ok=True)
    return o


def main():
    options = arguments()
    folder = tempfile.mkdtemp(prefix='attack')
    try:
        return 0 if Run(options, folder).all(options.row) else 1
    finally:
        shutil.rmtree(folder)


if __name__ == '__main__':
    sys.exit(main())
