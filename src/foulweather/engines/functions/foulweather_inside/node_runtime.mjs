// The Node.js runtime: asks for invocations, calls the handler, and tells what came of it, in AWS's shapes.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html

import fs from "node:fs";
import http from "node:http";
import { createRequire, syncBuiltinESMExports } from "node:module";
import path from "node:path";
import { Writable } from "node:stream";
import timers from "node:timers";
import { format, promisify } from "node:util";
import { pathToFileURL } from "node:url";

const [HOST, PORT] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const VERSION = "/2018-06-01/runtime";
const SHORT_MS = 50;
const TURN_MS = 5;
const TURNS_MAX = 100;
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const realNow = process.hrtime.bigint;
// Tracers replace `http.request`: what the runtime itself asks is no call of the function's.
const openRequest = http.request;
let requestId = "";

// --- the Runtime API

function ask(method, target, body, headers = {}, through = agent) {
  return new Promise((resolve, reject) => {
    const options = { host: HOST, port: PORT, method, path: target, agent: through, headers };
    if (body !== undefined) headers["Content-Length"] = Buffer.byteLength(body);
    const request = openRequest(options, (answer) => {
      const pieces = [];
      answer.on("data", (piece) => pieces.push(piece));
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(pieces) }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

function told(error) {
  if (error instanceof Error || (error && error.name && error.message)) {
    return { errorType: error.name, errorMessage: error.message, trace: String(error.stack ?? "").split("\n") };
  }
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

// --- the world's clock: a page that the server writes (counter, time in ms, machine's time in ns, rate)

const page = process.env.FOULWEATHER_CLOCK ? Number(process.env.FOULWEATHER_CLOCK) : undefined;
delete process.env.FOULWEATHER_CLOCK;
const fields = Buffer.alloc(32);

function clock() {
  for (;;) {
    fs.readSync(page, fields, 0, 32, 0);
    const turn = fields.readBigInt64LE(0);
    const read = [fields.readBigInt64LE(8), fields.readBigInt64LE(16), fields.readBigInt64LE(24)];
    fs.readSync(page, fields, 0, 8, 0);
    if (turn % 2n === 0n && fields.readBigInt64LE(0) === turn) return read;
  }
}

function nowMs() {
  const [baseMs, baseNs, rate] = clock();
  return Number(baseMs + ((realNow() - baseNs) * rate) / 1_000_000_000n);
}

// --- timers of the world's time: of those that wait, the server is asked to let time pass until the first one

const waiting = new Map();
let asked;
let isPlanned = false;
let streaming = 0;
const { setTimeout: later, clearTimeout: never } = globalThis;

// Whether something else may happen first: a reply that is on its way, a file that is read, work that is due at once.
function isAtWork() {
  const busy = process.getActiveResourcesInfo().filter((kind) => /^(TCP|TLS|GetAddrInfo|FSReq|Immediate)/.test(kind));
  return busy.length > (asked ? 1 : 0) + streaming;
}

function plan(turn = 0) {
  const dueMs = Math.min(...[...waiting.values()].map((each) => each.dueMs));
  if (asked && asked.dueMs === dueMs) return (isPlanned = false);
  // On a held clock the time that is asked for passes at once.
  if (waiting.size && !clock()[2] && turn < TURNS_MAX && isAtWork()) return later(plan, TURN_MS, turn + 1);
  isPlanned = false;
  asked?.through.destroy();
  asked = undefined;
  if (!waiting.size) return;
  const own = (asked = { dueMs, through: new http.Agent() });
  const body = JSON.stringify({ s: Math.max(0, dueMs - nowMs()) / 1000 });
  ask("POST", "/foulweather/sleep", body, {}, own.through).then(
    () => {
      own.through.destroy();
      if (asked === own) passed(dueMs);
    },
    (error) => {
      if (asked === own) throw error;
    },
  );
}

function planSoon() {
  if (!isPlanned) later(plan, 0);
  isPlanned = true;
}

function passed(untilMs) {
  asked = undefined;
  const due = [...waiting].filter(([, each]) => each.dueMs <= untilMs).sort(([, one], [, other]) => one.dueMs - other.dueMs);
  for (const [timer, { callback, given }] of due) {
    setImmediate(() => {
      never(timer);
      planSoon();
      if (waiting.delete(timer)) callback(...given);
    });
  }
}

function installClock() {
  const RealDate = Date;
  class WorldDate extends RealDate {
    constructor(...given) {
      if (given.length) super(...given);
      else super(nowMs());
    }
    static now() {
      return nowMs();
    }
    static [Symbol.hasInstance](value) {
      return value instanceof RealDate;
    }
  }
  globalThis.Date = new Proxy(WorldDate, { apply: () => new WorldDate().toString() });
  globalThis.setTimeout = function (callback, ms = 0, ...given) {
    const rate = Number(clock()[2]);
    if (!(ms > 0)) return later(callback, ms, ...given);
    if (rate && ms < SHORT_MS) return later(callback, (ms * 1000) / rate, ...given);
    const timer = later(() => {}, 2 ** 31 - 1);
    waiting.set(timer, { dueMs: nowMs() + ms, callback, given });
    planSoon();
    return timer;
  };
  const slept = (ms, value, { signal } = {}) =>
    new Promise((resolve, reject) => {
      const aborted = () => reject(Object.assign(new Error("The operation was aborted", { cause: signal.reason }), { name: "AbortError", code: "ABORT_ERR" }));
      if (signal?.aborted) return aborted();
      const timer = globalThis.setTimeout(resolve, ms, value);
      signal?.addEventListener("abort", () => (globalThis.clearTimeout(timer), aborted()), { once: true });
    });
  Object.defineProperty(globalThis.setTimeout, promisify.custom, { value: slept });
  timers.promises.setTimeout = slept;
  timers.setTimeout = globalThis.setTimeout;
  globalThis.clearTimeout = function (timer) {
    if (waiting.delete(timer)) planSoon();
    return never(timer);
  };
  timers.clearTimeout = globalThis.clearTimeout;
  syncBuiltinESMExports();
}

// --- logs

const isJson = (process.env.AWS_LAMBDA_LOG_FORMAT ?? "").toUpperCase() === "JSON";

function jsonLine(at, level, given) {
  const shape = { timestamp: at, level, requestId: requestId || undefined };
  const shown = (_, value) =>
    value instanceof Error
      ? { errorType: value.constructor?.name ?? "UnknownError", errorMessage: value.message, stackTrace: value.stack?.split("\n"), ...value }
      : value;
  if (given.length === 1) {
    try {
      return JSON.stringify({ ...shape, message: given[0] }, shown);
    } catch {
      return JSON.stringify({ ...shape, message: format(given[0]) });
    }
  }
  const error = given.find((each) => each instanceof Error);
  const about = error ? shown("", error) : {};
  const { errorType, errorMessage, stackTrace } = about;
  return JSON.stringify({ ...shape, message: format(...given), errorType, errorMessage, stackTrace });
}

function installConsole() {
  const levels = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
  const least = Math.max(0, levels.indexOf((process.env.AWS_LAMBDA_LOG_LEVEL ?? "TRACE").toUpperCase()));
  const print = (level) => (...given) => {
    if (levels.indexOf(level) < least) return;
    const at = new Date().toISOString();
    const line = isJson ? jsonLine(at, level, given) : `${at}\t${requestId || "undefined"}\t${level}\t${format(...given)}`;
    fs.writeSync(1, `${line.replaceAll("\n", "\r")}\n`);
  };
  for (const [name, level] of [["log", "INFO"], ["info", "INFO"], ["debug", "DEBUG"], ["warn", "WARN"], ["error", "ERROR"], ["trace", "TRACE"], ["fatal", "FATAL"]]) {
    console[name] = print(level);
  }
}

function logError(what, raised) {
  const error = raised instanceof Error ? raised : new Error(raised);
  if (isJson) return console.error(error);
  const shown = (_, value) =>
    value instanceof Error
      ? { errorType: value.name, errorMessage: value.message, code: value.code, ...value, stack: value.stack?.split("\n") }
      : value;
  let text;
  try {
    text = JSON.stringify(error, shown);
  } catch {
    text = JSON.stringify(told(error));
  }
  console.error(what, `\t${text}`);
}

// --- the handler

class Failed extends Error {
  constructor(name, message, stack) {
    super(message);
    Object.defineProperty(this, "name", { value: name });
    if (stack) this.stack = stack;
  }
}

async function loaded(name) {
  const whole = path.resolve(process.env.LAMBDA_TASK_ROOT ?? process.cwd(), name);
  const [file, ...rest] = path.basename(whole).split(".");
  if (!file || !rest.length) throw new Failed("Runtime.MalformedHandlerName", "Bad handler");
  const base = path.join(path.dirname(whole), file);
  let found = [base, `${base}.js`, `${base}.mjs`, `${base}.cjs`].find((each) => fs.existsSync(each) && fs.statSync(each).isFile());
  let module;
  try {
    found ??= createRequire(whole).resolve(file);
    module = await import(pathToFileURL(found));
  } catch (error) {
    if (error instanceof SyntaxError) throw new Failed("Runtime.UserCodeSyntaxError", `${error}`, error.stack);
    if (error?.code?.endsWith("MODULE_NOT_FOUND")) throw new Failed("Runtime.ImportModuleError", `Error: ${error.message}`, error.stack);
    throw error;
  }
  const handler = rest.reduce((held, each) => held?.[each], module) ?? rest.reduce((held, each) => held?.[each], module.default);
  if (typeof handler !== "function") throw new Failed("Runtime.HandlerNotFound", `${name} is undefined or not exported`);
  return handler;
}

function contextOf(headers) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  return {
    callbackWaitsForEmptyEventLoop: true,
    awsRequestId: requestId,
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: JSON.parse(headers["lambda-runtime-client-context"] ?? "null") ?? undefined,
    identity: JSON.parse(headers["lambda-runtime-cognito-identity"] ?? "null") ?? undefined,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

// What happens when nothing is left to wait for: a handler that has not answered by then answers null.
let whenIdle = () => {};
process.on("beforeExit", () => whenIdle());

// Resolves when there is an answer: a promise's at once, a callback's when nothing is left to wait for (or at once, if
// `callbackWaitsForEmptyEventLoop` is false). What a handler returns that is no promise is no answer.
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html#nodejs-handler-callback
function called(handler, event, context) {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const first = (then) => (...given) => {
      if (isOver) return;
      isOver = true;
      whenIdle = () => {};
      then(...given);
    };
    const done = (error, result) => (error === undefined || error === null ? resolve(result) : reject(error));
    const succeed = first(resolve);
    const fail = first((error) => reject(error ?? "handled"));
    const callback = first((error, result) => {
      if ((error !== undefined && error !== null) || !context.callbackWaitsForEmptyEventLoop) done(error, result);
      else whenIdle = () => setImmediate(resolve, result);
    });
    Object.assign(context, { done: first(done), succeed, fail });
    whenIdle = first(() => setImmediate(resolve, null));
    try {
      const result = handler(event, context, callback);
      if (typeof result?.then === "function") result.then(succeed, fail).catch(fail);
    } catch (error) {
      callback(error);
    }
  }).finally(() => {
    whenIdle = () => {};
  });
}

function answerOf(result) {
  try {
    return JSON.stringify(result === undefined ? null : result);
  } catch {
    throw new Error("Unable to stringify response body");
  }
}

// --- answers that are streamed
// https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html

const STREAMS = Symbol("streams");

class ResponseStream extends Writable {
  constructor(target) {
    super();
    this.target = target;
    this.contentType = "application/octet-stream";
  }

  setContentType(type) {
    this.contentType = type;
  }

  get request() {
    if (!this.sending) {
      const headers = {
        "Content-Type": this.contentType,
        "Lambda-Runtime-Function-Response-Mode": "streaming",
        "Transfer-Encoding": "chunked",
        Trailer: "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body",
      };
      streaming = 1;
      this.sending = openRequest({ host: HOST, port: PORT, method: "POST", path: this.target, headers, agent: new http.Agent() });
      this.answered = new Promise((resolve, reject) => {
        this.sending.on("response", (answer) => answer.resume().on("end", resolve));
        this.sending.on("error", reject);
      });
    }
    return this.sending;
  }

  write(piece, ...more) {
    const isPlain = typeof piece === "string" || piece instanceof Uint8Array;
    return super.write(isPlain ? piece : JSON.stringify(piece), ...more);
  }

  _write(piece, encoding, done) {
    this.request.write(piece, done);
  }

  // What was streamed until now is there already: how it went wrong comes after it.
  fail(error) {
    const shape = told(error);
    this.request.addTrailers({
      "Lambda-Runtime-Function-Error-Type": shape.errorType,
      "Lambda-Runtime-Function-Error-Body": Buffer.from(JSON.stringify(shape)).toString("base64"),
    });
    this.request.end();
    return this.answered;
  }

  _final(done) {
    this.request.end();
    this.answered.then(() => done(), done);
  }
}

globalThis.awslambda = {
  streamifyResponse: (handler) => Object.assign(handler, { [STREAMS]: true }),
  HttpResponseStream: {
    from(stream, prelude) {
      stream.setContentType("application/vnd.awslambda.http-integration-response");
      stream.write(JSON.stringify(prelude));
      stream.write(Buffer.alloc(8));
      return stream;
    },
  },
};

async function streamed(handler, event, context, target) {
  const stream = new ResponseStream(target);
  streaming = 0;
  const finished = new Promise((resolve, reject) => stream.on("finish", resolve).on("error", reject));
  finished.catch(() => {});
  try {
    const running = handler(event, stream, context);
    if (typeof running?.then !== "function") throw "Streaming does not support non-async handlers.";
    if ((await running) !== undefined) console.warn("Streaming handlers ignore return values.");
    await finished; // who does not end the stream is waited for until the time-out
  } catch (error) {
    if (!stream.sending) throw error;
    logError("Invoke Error", error);
    await stream.fail(error);
  }
}

async function serve(handler, headers, body) {
  requestId = headers["lambda-runtime-aws-request-id"];
  process.env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"] ?? "";
  const target = `${VERSION}/invocation/${requestId}`;
  try {
    const event = JSON.parse(body.toString() || "{}");
    if (handler[STREAMS]) {
      await streamed(handler, event, contextOf(headers), `${target}/response`);
      return;
    }
    const answer = answerOf(await called(handler, event, contextOf(headers)));
    await ask("POST", `${target}/response`, answer, { "Content-Type": "application/json" });
  } catch (error) {
    logError("Invoke Error", error);
    await failed(`${target}/error`, error);
  }
}

function failed(target, error, through = agent) {
  const shape = told(error);
  return ask("POST", target, JSON.stringify(shape), {
    "Content-Type": "application/vnd.aws.lambda.error+json",
    "Lambda-Runtime-Function-Error-Type": shape.errorType,
  }, through);
}

async function fatal(what, error, status) {
  logError(what, error);
  await failed(requestId ? `${VERSION}/invocation/${requestId}/error` : `${VERSION}/init/error`, error, new http.Agent());
  process.exit(status);
}

if (page !== undefined) installClock();
installConsole();
process.on("uncaughtException", (error) => fatal("Uncaught Exception", error, 129));
process.on("unhandledRejection", (reason) => {
  fatal("Unhandled Promise Rejection", new Failed("Runtime.UnhandledPromiseRejection", String(reason), reason?.stack), 128);
});
let handler;
try {
  handler = await loaded(process.env._HANDLER ?? "");
} catch (error) {
  await fatal("Uncaught Exception", error, 129);
}
for (;;) {
  const { headers, body } = await ask("GET", `${VERSION}/invocation/next`);
  await serve(handler, headers, body);
}
