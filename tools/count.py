#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Counts the cases in meson's test log, testlog.json.

A test program's output says how many cases it has: cmocka speaks TAP when told to
(CMOCKA_MESSAGE_OUTPUT=TAP), scripts print lines "PASS name", "FAIL name", "SKIP name".
A program that prints neither counts as one case, and so does one that is meant to
fail.  A program that failed without a failed case, or that announced more cases than it
ran, adds a failed one.

usage: count.py LABEL TESTLOG [TESTLOG...]
Prints what failed and why, and ends with "LABEL: N passed, N failed, N skipped".
"""
import json
import re
import sys

TAP = re.compile(r'^(not ok|ok) \d+( - | )?(.*)$')
PLAN = re.compile(r'^1\.\.(\d+)')
VERDICT = re.compile(r'^(PASS|FAIL|SKIP) (.*)$')
RESULTS = {'OK': 'PASS', 'SKIP': 'SKIP'}
MEANT_TO_FAIL = {'EXPECTEDFAIL': 'PASS', 'UNEXPECTEDPASS': 'FAIL'}


def tap_cases(lines):
    """(verdict, name) of each TAP line; the plans' total, or None without a plan."""
    cases, planned = [], None
    for line in lines:
        plan, case = PLAN.match(line), TAP.match(line)
        if plan:
            planned = (planned or 0) + int(plan.group(1))
        elif case:
            skip = '# SKIP' in case.group(3).upper()
            verdict = 'SKIP' if skip else 'PASS' if case.group(1) == 'ok' else 'FAIL'
            cases.append((verdict, case.group(3)))
    return cases, planned


def cases_of(test):
    """The cases of one test program of the log."""
    if test['result'] in MEANT_TO_FAIL:
        return [(MEANT_TO_FAIL[test['result']], test['result'])]
    lines = test.get('stdout', '').splitlines()
    result = RESULTS.get(test['result'], 'FAIL')
    cases, planned = tap_cases(lines)
    cases += [match.groups() for match in map(VERDICT.match, lines) if match]
    if planned is not None and planned != len(cases):
        cases.append(('FAIL', f'{planned} cases announced, {len(cases)} run'))
    if not cases and planned is None:
        cases = [(result, '')]
    if result == 'FAIL' and not any(verdict == 'FAIL' for verdict, _ in cases):
        cases.append(('FAIL', f"the program ended with {test['result']} "
                              f"({test.get('returncode')})"))
    return cases


def report(test, cases):
    """Failed and skipped cases by name; of a failed program the end of its output."""
    failed = [name for verdict, name in cases if verdict == 'FAIL']
    for name in failed:
        print(f"FAIL {test['name']}: {name}")
    for verdict, name in cases:
        if verdict == 'SKIP':
            print(f"SKIP {test['name']}: {name}")
    if failed:
        output = test.get('stdout', '') + '\n' + test.get('stderr', '')
        for line in output.strip().splitlines()[-40:]:
            print(f'    {line}')


def main():
    label, totals = sys.argv[1], {'PASS': 0, 'FAIL': 0, 'SKIP': 0}
    for path in sys.argv[2:]:
        with open(path, encoding='utf-8') as log:
            for line in log:
                test = json.loads(line)
                cases = cases_of(test)
                report(test, cases)
                for verdict, _ in cases:
                    totals[verdict] += 1
    print(f"{label}: {totals['PASS']} passed, {totals['FAIL']} failed, "
          f"{totals['SKIP']} skipped")


if __name__ == '__main__':
    main()
