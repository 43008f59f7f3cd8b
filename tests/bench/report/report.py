# SPDX-License-Identifier: BSD-3-Clause
"""The report of all stored figures: results.md, the tables of secgw.md, README's paragraph, the
plots."""
import os
import re

import budget
import endtoend_report
import markdown
import plots
import ratios
import readme
import secgw_report
import store
import targets
from nulldev import Failed

# README's paragraph and its plot, and secgw.md's tables, stand between these.
BEGIN, END = '<!-- written by tools/bench -->', '<!-- end of what tools/bench writes -->'


class Stored:
    """Everything a report is made of."""

    def __init__(self, out):
        self.runs = store.read_all(os.path.join(out, 'data'))
        # Those of ipsec-secgw have a page of their own.
        self.secgw = [self.runs.pop(n) for n in store.FILES['secgw']]
        self.rows = store.all_rows(self.runs)
        self.made_with, cells = budget.read()
        budget.add_rows(self.rows, cells)
        self.end_to_end = [endtoend_report.EndToEndReport(self.runs[f'end-to-end-{p}'], p)
                           for p in ('near', 'far')]


def replaced(text, block, name='README'):
    """The text of a document with that block."""
    pattern = re.compile(re.escape(BEGIN) + r'\n.*?' + re.escape(END), re.S)
    if not pattern.search(text):
        raise Failed(f'{name} has no lines {BEGIN} and {END} to write between: put them back')
    return pattern.sub(lambda _: f'{BEGIN}\n{block}{END}', text)


def texts(out, readme_path):
    """{path: text} of what is written."""
    stored = Stored(out)
    gateway = os.path.join(out, 'secgw.md')
    frame = current(gateway) or f'{BEGIN}\n{END}\n'
    wanted = {os.path.join(out, 'results.md'): markdown.report(stored),
              gateway: replaced(frame, secgw_report.block(stored), gateway)}
    if readme_path:
        wanted[readme_path] = replaced(current(readme_path) or '', readme.block(stored))
    return wanted


def current(path):
    try:
        with open(path) as f:
            return f.read()
    except FileNotFoundError:
        return None


def stale(out, readme_path):
    """A line for each file that is not what the stored figures make."""
    lines = []
    for path, text in texts(out, readme_path).items():
        if current(path) != text:
            lines.append(f'{os.path.relpath(path)} is not what the stored figures make: '
                         'tools/bench --report')
        for name in re.findall(r'\]\((?:doc/bench/)?([\w-]+\.svg)\)', text):
            if not os.path.exists(os.path.join(out, name)):
                lines.append(f'{name} is missing: tools/bench --report')
    return lines


def write(out, readme_path, formats, say):
    os.makedirs(out, exist_ok=True)
    for path, text in texts(out, readme_path).items():
        with open(path, 'w') as f:
            f.write(text)
    if not plots.Plotter.available():
        say('no plots: gnuplot is not installed (package gnuplot-nox)')
        return
    plotter = plots.Plotter(out, formats)
    stored = Stored(out)
    plots.null_device(stored.rows, plotter)
    plots.end_to_end(stored.end_to_end, plotter)
    say(f'{len(plotter.made)} plots, results.md and secgw.md are in {os.path.relpath(out)}')


def summary(out):
    """The ratio table and the targets for a terminal."""
    stored = Stored(out)
    lines = ["times as fast as DPDK's driver, bursts of " +
             ', '.join(map(str, ratios.BURSTS))]
    for title, layout, *cells in ratios.table(stored.rows):
        if title:
            lines.append('  ' + title)
        lines.append(f'    {layout:26}' + ''.join(f'{c.replace("*", ""):>9}' for c in cells))
    lines += [f'  {m}: not measured' for m in ratios.absent(stored.rows)]
    for e2e in stored.end_to_end:
        lines += [f'  {what}: {share.replace("*", "")} of crypto_aesni_mb'
                  for what, share in e2e.summary()]
    for v in ratios.verdicts(stored.rows):
        mark = {True: 'reached', False: 'NOT REACHED', None: 'without a figure'}[v.reached]
        lines.append(f'  {v.title}, {v.what}: {mark}')
    met, missed, none = targets.counts(stored.rows)
    return '\n'.join(lines + [f'best layout: {met} targets reached, {missed} not, {none} without '
                              'a figure'])
