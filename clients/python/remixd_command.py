"""`python -m remixd state|stop|watch TOKEN_FILE [URL [CA_FILE]]`. The token is in a file, since other users can see arguments."""
import json
import sys
from pathlib import Path

from remixd import NoAnswer, Refused, Remixd


def main(command, token_file, url='http://127.0.0.1:8017', cafile=None):
    device = Remixd(url, Path(token_file).read_text(encoding='utf-8').strip(), cafile)
    if command != 'watch':
        print(json.dumps(device.stop() if command == 'stop' else device.state(), ensure_ascii=False, indent=2))
        return
    for kind, data in device.stream():
        if kind != 'state':
            print(kind, json.dumps(data, ensure_ascii=False), flush=True)


if not 3 <= len(sys.argv) <= 5 or sys.argv[1] not in ('state', 'stop', 'watch'):
    sys.exit(__doc__)
try:
    main(*sys.argv[1:])
except (NoAnswer, OSError, Refused, ValueError) as trouble:
    sys.exit(str(trouble))
except KeyboardInterrupt:
    sys.exit(130)
