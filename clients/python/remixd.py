"""A small client of remixd’s HTTP API. Standard library only; several threads may use one object at once.
Times are s, temperatures °C, differences of temperature K; docs/reference/http.md lists the routes and their roles."""
import http.client
import json
import re
import ssl
import time
import uuid
from contextlib import closing
from functools import partial
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

# Commands that can lead to heat: they name the nonce of the state that they were decided on.
HEATING = frozenset({'arm', 'try', 'find'})
MOST_BYTES, MOST_WAITS, LONGEST_WAIT_S = 1 << 25, 4, 5
SILENT_S, AGAIN_S = 15, 2  # the stream says something every 5 s


class NoAnswer(Exception):
    """The link failed, or what came was not an answer of remixd."""
    lasts = False


class OutcomeUnknown(NoAnswer):
    """An order was not answered, or with a 5xx. No answer is not “not done”: the order may have been carried out, or may
    still be. Look at the state; then `repeat(error)` sends the very same order, which is carried out once at most."""

    def __init__(self, command, arguments, why):
        super().__init__(f'{command}: nobody knows whether it was carried out ({why}). Look at the state first.')
        self.command, self.arguments = command, arguments


class Refused(Exception):
    """remixd did not carry it out. `code`: the HTTP status; `errors`: a list of `{path, got, allowed}`; `lasts`: whether
    asking again gets the same answer."""

    def __init__(self, code, text, errors=(), wait_s=1):
        fields = ''.join(f'\n  {e["path"]}: got {e["got"]}; allowed: {e["allowed"]}' for e in errors)
        super().__init__(f'{code} {text}{fields}')
        self.code, self.text, self.errors, self.wait_s = code, text, list(errors), wait_s
        self.lasts = code < 500 and code not in (408, 429)


class Remixd:
    """The device at `url`, `http://127.0.0.1:8017` or `https://name:8017`; `cafile`: PEM file of the authority that signed
    its certificate. `timeout`, s, holds for each wait on the link. Raises ValueError for a url or token that cannot be used."""

    def __init__(self, url, token, cafile=None, timeout=12):
        if not re.fullmatch(r'(https://[^/@?#]+|http://(localhost|127(\.\d+){3}|\[::1\])(:\d+)?)/?', url):
            raise ValueError('The address must be https://HOST:PORT; http:// shows the token and is for 127.0.0.1 only.')
        # The message does not show it: a token with a line break at its end is still a token.
        if not re.fullmatch('[\x21-\x7e]{1,200}', token):
            raise ValueError('The token must be 1 to 200 printable characters without spaces or line breaks.')
        place, tls = urlsplit(url), {'context': ssl.create_default_context(cafile=cafile)} if url.startswith('https') else {}
        # Neither redirects nor proxies are followed: they would carry the token elsewhere.
        kind = http.client.HTTPSConnection if tls else http.client.HTTPConnection
        self._link, self.timeout = partial(kind, place.hostname, place.port, **tls), timeout
        self._headers = {'Authorization': f'Bearer {token}', 'Content-Type': 'application/json'}
        self._acted = False

    def state(self):
        """The state, some 0.2 s old at most; `PageState` in clients/typescript/types.ts lists its fields."""
        return self._get('state')

    def about(self):
        """What does not change while the program runs: device, limits and the tables of settings, faults and columns."""
        return self._get('about')

    def events(self, after=0):
        """`{newest, events}`: the newest events of the program after number `after`, oldest first."""
        return self._get('events', after=after)

    def chart(self, span_s=300, points=600):
        """Measurements of the last `span_s` s (1 to 86,400) in at most `points` rows (2 to 2,000); an absent one is None."""
        return self._get('chart', span_s=span_s, points=points)

    def runs(self):
        """The recorded runs, newest first."""
        return self._get('runs')['runs']

    def run(self, name):
        """Figures of merit of each run of a record, verdicts over time, description. Long records take seconds."""
        return self._get('runs', name)

    def series(self, name, **query):
        """Columns of a run for a picture; `run`: its number in the record, `points`: 10 to 2,000."""
        return self._get('runs', name, 'series', **query)

    def recipes(self):
        """The recipes of the device: those that came with it, and its own."""
        return self._get('recipes')['recipes']

    def download(self, name, file, path):
        """Writes run.json, data.csv, events.csv or notes.json of a record to `path`, whole or not at all."""
        part = Path(f'{path}.{uuid.uuid4().hex}.part')
        try:
            with closing(self._link(timeout=self.timeout)) as link, part.open('xb') as out:
                response = self._sent(link, 'GET', ('runs', name, 'files', file))
                while piece := _heard(response.read, 1 << 16):
                    out.write(piece)
            if response.length:
                raise NoAnswer(f'{file} broke off {response.length} bytes before its end.')
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    def stream(self, last=''):
        """Yields `(kind, data)` for ever: `state`, `event` (numbered by `seq`) and `gap` (`{from, to}`: events that are gone)
        as they are sent, and `lost` (`{text}`) each time the link fails; it then goes on where it stopped. `last`: the place
        to go on at, `BOOT.SEQ` by the `boot` of a state and the `seq` of an event. Raises Refused where waiting is no use."""
        while True:
            try:
                with closing(self._link(timeout=max(self.timeout, SILENT_S))) as link:
                    for last, kind, data in _messages(self._sent(link, 'GET', ('stream',), {'last': last} if last else {})):
                        yield kind, data
            except (NoAnswer, Refused) as error:
                if error.lasts:
                    raise
                yield 'lost', {'text': str(error)}
            time.sleep(AGAIN_S)

    def order(self, command, **arguments):
        """Hands a command to the desk and returns its answer, `{code, text, data?}`: 200 = done, 202 = accepted, watch the
        state. Adds an `id`, and to what can lead to heat the `nonce` of the present state. Where the device is asked too
        often it waits, at most 4 times 5 s; without an answer it never sends the order again by itself, since somebody may
        have pressed Stop. Raises Refused or OutcomeUnknown."""
        if command in HEATING and 'nonce' not in arguments:
            arguments['nonce'] = self._present()['nonce']
        body = {'id': str(uuid.uuid4()), **arguments}
        self._acted = True
        try:
            return _paced(lambda: self._ask('POST', ('commands', command), body=body))
        except (NoAnswer, Refused) as error:
            if isinstance(error, Refused) and error.code < 500:
                raise
            raise OutcomeUnknown(command, body, error) from error

    def repeat(self, unknown):
        """Sends the order of an OutcomeUnknown once more, with its id: it is carried out only if it was not before."""
        return self.order(unknown.command, **unknown.arguments)

    def stop(self, give_up_s=60):
        """Heater off. Repeats until it is answered, at least once and for about `give_up_s` s; waits for no rate. Raises
        OutcomeUnknown when no answer came, and Refused when asking again is no use (a void token). After both the heater
        may be on: go to the bench."""
        end, patience = time.monotonic() + give_up_s, 2
        while True:
            wait = min(self.timeout, patience, max(0.2, end - time.monotonic()))
            try:
                return self._ask('POST', ('commands', 'stop'), body={}, timeout=wait)
            except (NoAnswer, Refused) as error:
                if error.lasts:
                    raise
                if time.monotonic() >= end:
                    raise OutcomeUnknown('stop', {}, error) from error
            patience *= 2
            time.sleep(0.2)

    def try_settings(self, patch, confirm_s=120):
        """Settings on trial, as `{'swing.targetK': 2.5}`: those before come back after `confirm_s` s (10 to 3,600) unless
        `confirm` is called with the `rev` in the `data` of this answer."""
        state = self._present()
        return self.order('try', patch=patch, confirm_s=confirm_s, base_rev=state['rev'], nonce=state['nonce'])

    def confirm(self, rev):
        """Keeps the trial `rev`."""
        return self.order('confirm', rev=rev)

    def revert(self):
        """Ends the trial; the settings before it come back at once."""
        return self.order('revert')

    def what_if(self, patch):
        """What these settings would do, by the commissioned model: `{now, changed, refused}`. Changes nothing."""
        return self.order('what-if', patch=patch)['data']

    def _present(self):
        """The state; after an order one that is newer than its answer, so that its revision and nonce are not used up."""
        state = self.state()
        first, end = (state['boot'], state['seq']), time.monotonic() + 2
        while self._acted and (state['boot'], state['seq']) == first and time.monotonic() < end:
            time.sleep(0.1)
            state = self.state()
        self._acted = False
        return state

    def _get(self, *parts, **query):
        return _paced(lambda: self._ask('GET', parts, query))

    def _ask(self, method, parts, query=None, body=None, timeout=None):
        with closing(self._link(timeout=timeout or self.timeout)) as link:
            return _json(self._sent(link, method, parts, query, None if body is None else json.dumps(body)))

    def _sent(self, link, method, parts, query=None, body=None):
        path = '/'.join(['/api/v1', *(quote(part, safe='') for part in parts)]) + (f'?{urlencode(query)}' if query else '')
        _heard(link.request, method, path, body, self._headers)
        response = _heard(link.getresponse)
        if 200 <= response.status < 300:
            return response
        told, wait = _json(response), response.headers.get('Retry-After', '')
        raise Refused(response.status, told.get('text', ''), told.get('errors', ()), int(wait) if wait.isdecimal() else 1)


def _heard(call, *arguments):
    try:
        return call(*arguments)
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(f'no answer: {error or type(error).__name__}') from error


def _json(response):
    try:
        data = json.loads(_heard(response.read, MOST_BYTES))
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise NoAnswer(f'HTTP {response.status} without a JSON object: not an answer of remixd')
    return data


def _paced(call):
    for _ in range(MOST_WAITS):
        try:
            return call()
        except Refused as error:
            if error.code != 429 or error.wait_s > LONGEST_WAIT_S:
                raise
            time.sleep(error.wait_s)
    return call()


def _messages(response):
    """Whole messages of server-sent events, `(id, kind, data)`; what breaks off in the middle is left out."""
    fields = {}
    while line := _heard(response.readline, MOST_BYTES):
        name, _, value = line.decode('utf-8').strip('\r\n').partition(': ')
        if line.strip():
            fields[name] = value
            continue
        if 'data' in fields:
            yield fields['id'], fields['event'], json.loads(fields['data'])
        fields = {}
    raise NoAnswer('the stream ended')


if __name__ == '__main__':
    import remixd_command  # noqa: F401
