// Runs Node.js functions for Yagura: takes events from the Runtime API and hands them to the handler.
//
// A runtime interface client of our own, with Node's own modules alone. Whoever prefers the official one (aws-lambda-ric)
// runs it under provided.al2023.
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const root = process.env.LAMBDA_TASK_ROOT || '/var/task';
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const base = '/2018-06-01/runtime/';
let requestId = '';
const token = process.env.YAGURA_RUNTIME_TOKEN ?? '';
delete process.env.YAGURA_RUNTIME_TOKEN;

for (const level of ['log', 'info', 'warn', 'error', 'debug', 'trace']) {
  const word = level === 'log' ? 'INFO' : level.toUpperCase();
  const format = createRequire(import.meta.url)('node:util').format;
  console[level] = (...parts) => process.stdout.write(
    `${new Date().toISOString()}\t${requestId}\t${word}\t${format(...parts).replace(/\n/g, '\r')}\n`);
}

// HTTP as far as the Runtime API speaks it, over one connection: Node's own client takes longer than all the rest of a call.
let socket = null;
let received = Buffer.alloc(0);
const waiting = [];

function giveUp(error) {
  socket = null;
  received = Buffer.alloc(0);
  for (const { reject } of waiting.splice(0)) {
    reject(error);
  }
}

function takeAnswers(piece) {
  received = received.length ? Buffer.concat([received, piece]) : piece;
  for (;;) {
    const end = received.indexOf('\r\n\r\n');
    if (end < 0) {
      return;
    }
    const headers = {};
    for (const line of received.toString('latin1', 0, end).split('\r\n').slice(1)) {
      const colon = line.indexOf(':');
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
    const whole = end + 4 + Number(headers['content-length'] ?? 0);
    if (received.length < whole) {
      return;
    }
    const body = received.toString('utf8', end + 4, whole);
    received = received.subarray(whole);
    waiting.shift()?.resolve({ headers, body });
  }
}

function connected() {
  if (!socket) {
    const made = net.connect({ host, port: Number(port), noDelay: true });
    made.on('data', takeAnswers);
    made.on('error', (error) => socket === made && giveUp(error));
    made.on('close', () => socket === made && giveUp(new Error('The Runtime API has gone')));
    socket = made;
  }
  return socket;
}

function call(method, name, body = '', headers = {}) {
  return new Promise((resolve, reject) => {
    const bytes = Buffer.from(body);
    const fields = Object.entries({ 'Content-Length': bytes.length, 'Yagura-Token': token, ...headers });
    const to = connected();
    waiting.push({ resolve, reject });
    to.ref(); // an answer is waited for
    to.write(Buffer.concat([Buffer.from(`${method} ${base}${name} HTTP/1.1\r\nHost: ${host}:${port}\r\n`
      + `${fields.map(([key, value]) => `${key}: ${value}\r\n`).join('')}\r\n`), bytes]));
  });
}

// In one piece: what the last event's answer is, and that the next one is wanted.
function answerAndGoOn(answer) {
  connected().cork();
  answer().catch(() => {});
  const next = call('GET', 'invocation/next');
  socket.uncork();
  return next;
}

function errorOf(error) {
  if (error instanceof Error) {
    return { errorType: error.name, errorMessage: error.message, trace: (error.stack || '').split('\n') };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

class Fault extends Error {
  constructor(kind, message) {
    super(message);
    this.name = kind;
  }
}

function findFile(name) {
  for (const ending of ['', '.js', '.mjs', '.cjs']) {
    const file = path.resolve(root, name + ending);
    if ((ending || path.extname(name)) && existsSync(file)) {
      return file;
    }
  }
  return null;
}

async function load(file) {
  try {
    return file.endsWith('.mjs') ? await import(pathToFileURL(file)) : createRequire(import.meta.url)(file);
  } catch (error) {
    if (error.code === 'ERR_REQUIRE_ESM' || (error instanceof SyntaxError && /import|export/.test(error.message))) {
      return import(pathToFileURL(file));
    }
    throw error;
  }
}

async function findHandler(text) {
  const folder = path.dirname(text);
  const [name, ...members] = path.basename(text).split('.');
  if (members.length === 0) {
    throw new Fault('Runtime.MalformedHandlerName', 'Bad handler');
  }
  const file = findFile(path.join(folder, name));
  if (!file) {
    throw new Fault('Runtime.ImportModuleError', `Error: Cannot find module '${path.join(folder, name)}'\nRequire stack:\n- ${import.meta.filename ?? 'bootstrap.mjs'}`);
  }
  let found;
  try {
    found = await load(file);
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new Fault('Runtime.UserCodeSyntaxError', `SyntaxError: ${error.message}`);
    }
    if (error && (error.code === 'MODULE_NOT_FOUND' || error.code === 'ERR_MODULE_NOT_FOUND')) {
      throw new Fault('Runtime.ImportModuleError', `Error: ${error.message}`);
    }
    throw error;
  }
  for (const member of members) {
    found = found?.[member] ?? (member === members[0] ? found?.default?.[member] : undefined);
  }
  if (found === undefined || found === null) {
    throw new Fault('Runtime.HandlerNotFound', `${text} is undefined or not exported`);
  }
  if (typeof found !== 'function') {
    throw new Fault('Runtime.HandlerNotFound', `${text} is not a function`);
  }
  return found;
}

// What functions call to answer as they go: awslambda.streamifyResponse(async (event, responseStream, context) => ...).
const STREAMED = Symbol.for('aws.lambda.runtime.handler.streaming');
const PRELUDE = 'application/vnd.awslambda.http-integration-response';

class ResponseStream extends Writable {
  type = 'application/octet-stream';

  setContentType(type) {
    this.type = type;
  }

  open() {
    this.answered = new Promise((resolve, reject) => {
      this.request = http.request({ host, port, method: 'POST', path: `${base}invocation/${current}/response`, agent, headers: {
        'Content-Type': this.type, 'Transfer-Encoding': 'chunked', 'Yagura-Token': token,
        'Lambda-Runtime-Function-Response-Mode': 'streaming',
        Trailer: 'Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body' } }, (answer) => {
        answer.resume();
        answer.on('end', resolve);
      });
      this.request.on('error', reject);
    });
    this.answered.catch(() => {});
  }

  _write(chunk, encoding, done) {
    if (!this.request) {
      this.open();
    }
    if (this.request.write(chunk)) {
      done();
    } else {
      this.request.once('drain', done);
    }
  }

  _final(done) {
    if (!this.request) {
      this.open();
    }
    this.request.end();
    this.answered.then(() => done(), done);
  }

  // The answer has begun: only its trailers can tell.
  breakOff(error) {
    this.request.addTrailers({ 'Lambda-Runtime-Function-Error-Type': error.errorType,
      'Lambda-Runtime-Function-Error-Body': Buffer.from(JSON.stringify(error)).toString('base64') });
    this.request.end();
    return this.answered;
  }
}

globalThis.awslambda = {
  streamifyResponse(handler, options) {
    handler[STREAMED] = 'response';
    if (options?.highWaterMark) {
      handler[Symbol.for('aws.lambda.runtime.handler.streaming.highWaterMark')] = Number(options.highWaterMark);
    }
    return handler;
  },
  HttpResponseStream: {
    from(stream, prelude) {
      stream.setContentType(PRELUDE);
      stream.write(JSON.stringify(prelude));
      stream.write(Buffer.alloc(8));
      return stream;
    },
  },
};

async function streamAnswer(handler, event, headers) {
  const stream = new ResponseStream({ highWaterMark: handler[Symbol.for('aws.lambda.runtime.handler.streaming.highWaterMark')] });
  const finished = new Promise((resolve, reject) => stream.on('finish', resolve).on('error', reject));
  finished.catch(() => {});
  try {
    await handler(event, stream, contextOf(headers, () => {}));
    stream.end();
    await finished;
  } catch (problem) {
    if (!stream.request) {
      throw problem;
    }
    const error = errorOf(problem);
    printError('Invoke Error', error);
    await stream.breakOff(error);
  }
}

function contextOf(headers, settled) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: headers['lambda-runtime-client-context'] ? JSON.parse(headers['lambda-runtime-client-context']) : undefined,
    identity: headers['lambda-runtime-cognito-identity'] ? JSON.parse(headers['lambda-runtime-cognito-identity']) : undefined,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    done: (error, result) => settled(error, result),
    fail: (error) => settled(error || new Error('handled')),
    succeed: (result) => settled(null, result),
  };
}

function runHandler(handler, event, headers) {
  return new Promise((resolve, reject) => {
    const settled = (error, result) => (error ? reject(error) : resolve(result));
    const promise = handler(event, contextOf(headers, settled), settled);
    if (promise && typeof promise.then === 'function') {
      promise.then(resolve, reject);
    } else if (handler.length < 3 && promise !== undefined) {
      resolve(promise);
    } else if (handler.length < 3) {
      setImmediate(() => resolve(null));
    }
  });
}

function printError(kind, error) {
  process.stdout.write(`${new Date().toISOString()}\t${requestId}\tERROR\t${kind} \t${JSON.stringify({ ...error, stack: error.trace })}\n`);
}

async function failInit(problem) {
  const error = errorOf(problem);
  printError('Uncaught Exception', error);
  await call('POST', 'init/error', JSON.stringify(error), { 'Lambda-Runtime-Function-Error-Type': error.errorType });
  process.exit(1);
}

let current = null;
async function refuse(problem, kind) {
  const error = errorOf(problem);
  printError(kind, error);
  await call('POST', `invocation/${current}/error`, JSON.stringify(error),
    { 'Content-Type': 'application/json', 'Lambda-Runtime-Function-Error-Type': error.errorType });
}
for (const [event, name] of [['uncaughtException', 'Runtime.UncaughtException'], ['unhandledRejection', 'Runtime.UnhandledPromiseRejection']]) {
  process.on(event, async (problem) => {
    if (current) {
      const named = new Fault(event === 'unhandledRejection' ? name : errorOf(problem).errorType, String(problem?.message ?? problem));
      named.stack = problem?.stack;
      await refuse(named, 'Uncaught Exception').catch(() => {});
    }
    process.exit(129);
  });
}

let handler;
try {
  handler = await findHandler(process.env._HANDLER);
} catch (problem) {
  await failInit(problem);
}
let next = call('GET', 'invocation/next');
for (;;) {
  const { headers, body } = await next;
  socket?.unref(); // a function that waits for nothing ends the process
  next = null;
  requestId = current = headers['lambda-runtime-aws-request-id'];
  if (headers['lambda-runtime-trace-id']) {
    process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'];
  }
  try {
    if (handler[STREAMED]) {
      await streamAnswer(handler, JSON.parse(body), headers);
    } else {
      const result = await runHandler(handler, JSON.parse(body), headers);
      const text = result === undefined ? 'null' : JSON.stringify(result);
      const id = current;
      current = null;
      next = answerAndGoOn(() => call('POST', `invocation/${id}/response`, text ?? 'null', { 'Content-Type': 'application/json' }));
    }
  } catch (problem) {
    await refuse(problem, 'Invoke Error');
  }
  current = null;
  next ??= call('GET', 'invocation/next');
}
