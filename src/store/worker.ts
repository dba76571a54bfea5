/** The thread that waits for the disk. It answers one question after the other and only handles the database. */
import { randomBytes } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import type { Answer, Question, WorkerData } from './protocol.ts';

// The optimising compiler of WebAssembly would take 30 to 50 MB for speed that a few records a second do not need. The flag
// is read when the database’s code is compiled; nothing else in this program is WebAssembly.
setFlagsFromString('--liftoff-only');
const { isCrash, Vault } = await import('./vault.ts');

const port = parentPort;
if (!port) throw new Error('this module must be started as a worker');
const { options } = workerData as WorkerData;
const vault = new Vault({ ...options, newStream: () => randomBytes(6).toString('hex') });

function answerTo(question: Question): unknown {
  switch (question.ask) {
    case 'open':
      return vault.state(question.stamp);
    case 'check':
      return vault.check(question.stamp);
    case 'commit':
      return vault.commit(question.batch);
    case 'read':
      return vault.read(question.afterSeq, question.limit, question.stamp);
    case 'syncs':
      return vault.timeSyncs(question.limit, question.stamp);
    case 'close':
      return vault.close();
  }
}

port.on('message', (question: Question) => {
  let answer: Answer;
  try {
    answer = { id: question.id, value: answerTo(question) };
  } catch (error) {
    // After a crash the WebAssembly machine cannot be trusted: the thread ends and is replaced.
    if (isCrash(error)) throw error;
    const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
    answer = { id: question.id, error: { name, message } };
  }
  port.postMessage(answer);
});
