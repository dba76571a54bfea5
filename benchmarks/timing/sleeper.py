"""A time.sleep loop to absolute deadlines, as Python pulse generators are written. Prints "RISING ASKED ACHIEVED" (us).

python3 sleeper.py ON_US PERIOD_US START_US END_US
"""
import sys
import time

on, period, start, end = (int(text) for text in sys.argv[1:])
now = lambda: time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
cycle, high = 0, False
while True:
    asked = start + cycle * period + (on if high else 0)
    if asked >= end:
        break
    time.sleep(max(0.0, (asked - now()) / 1e6))
    print(0 if high else 1, asked, now(), flush=True)
    cycle, high = cycle + high, not high
