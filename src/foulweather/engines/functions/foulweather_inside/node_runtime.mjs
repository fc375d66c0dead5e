// The Node.js runtime: asks for invocations, calls the handler, and tells what came of it, in AWS's shapes.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html

import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { Writable } from "node:stream";
import { format } from "node:util";
import { pathToFileURL } from "node:url";

const [HOST, PORT] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const VERSION = "/2018-06-01/runtime";
const SHORT_MS = 50;
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const realNow = process.hrtime.bigint;
let requestId = "";

// --- the Runtime API

function ask(method, target, body, headers = {}, through = agent) {
  return new Promise((resolve, reject) => {
    const options = { host: HOST, port: PORT, method, path: target, agent: through, headers };
    if (body !== undefined) headers["Content-Length"] = Buffer.byteLength(body);
    const request = http.request(options, (answer) => {
      const pieces = [];
      answer.on("data", (piece) => pieces.push(piece));
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(pieces) }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

function told(error, kind) {
  const known = error instanceof Error || (error && error.name && error.message);
  const shape = known
    ? { errorType: error.name, errorMessage: error.message, trace: String(error.stack ?? "").split("\n") }
    : { errorType: kind ?? typeof error, errorMessage: String(error), trace: [] };
  return shape;
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
  const { setTimeout: later, clearTimeout: never } = globalThis;
  const passing = new Map();
  // What waits for long waits for the world's time, which the server lets pass; the numbers of timers stay theirs.
  globalThis.setTimeout = function (callback, ms = 0, ...given) {
    const rate = Number(clock()[2]);
    if (!(ms > 0)) return later(callback, ms, ...given);
    if (rate && ms < SHORT_MS) return later(callback, (ms * 1000) / rate, ...given);
    const timer = later(() => {}, 2 ** 31 - 1);
    const own = new http.Agent();
    passing.set(timer, true);
    ask("POST", "/foulweather/sleep", JSON.stringify({ s: ms / 1000 }), {}, own).then(() => {
      own.destroy();
      never(timer);
      if (passing.delete(timer)) callback(...given);
    });
    return timer;
  };
  globalThis.clearTimeout = function (timer) {
    passing.delete(timer);
    return never(timer);
  };
}

// --- logs

function installConsole() {
  const json = (process.env.AWS_LAMBDA_LOG_FORMAT ?? "").toUpperCase() === "JSON";
  const levels = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
  const least = Math.max(0, levels.indexOf((process.env.AWS_LAMBDA_LOG_LEVEL ?? "TRACE").toUpperCase()));
  const print = (level) => (...given) => {
    if (json && levels.indexOf(level) < least) return;
    const at = new Date().toISOString();
    const message = given.length === 1 && typeof given[0] === "object" ? given[0] : format(...given);
    const line = json
      ? JSON.stringify({ timestamp: at, level, requestId, message })
      : `${at}\t${requestId || "undefined"}\t${level}\t${format(...given)}`.replaceAll("\n", "\r");
    fs.writeSync(1, `${line}\n`);
  };
  for (const [name, level] of [["log", "INFO"], ["info", "INFO"], ["debug", "DEBUG"], ["warn", "WARN"], ["error", "ERROR"], ["trace", "TRACE"]]) {
    console[name] = print(level);
  }
}

// --- the handler

class Failed extends Error {
  constructor(name, message, stack) {
    super(message);
    this.name = name;
    if (stack) this.stack = stack;
  }
}

async function loaded(name) {
  const whole = path.resolve(process.env.LAMBDA_TASK_ROOT ?? process.cwd(), name);
  const [file, ...rest] = path.basename(whole).split(".");
  if (!file || !rest.length) throw new Failed("Runtime.MalformedHandlerName", "Bad handler");
  const base = path.join(path.dirname(whole), file);
  const found = [`${base}.js`, `${base}.mjs`, `${base}.cjs`, base].find((each) => fs.existsSync(each) && fs.statSync(each).isFile());
  if (!found) throw new Failed("Runtime.ImportModuleError", `Error: Cannot find module '${file}'`);
  let module;
  try {
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

function called(handler, event, context) {
  return new Promise((resolve, reject) => {
    const callback = (error, result) => (error ? reject(error) : resolve(result));
    Object.assign(context, { done: callback, succeed: resolve, fail: reject });
    const result = handler(event, context, callback);
    if (typeof result?.then === "function") result.then(resolve, reject);
    else if (handler.length < 3 && result !== undefined) resolve(result);
    else if (handler.length < 3) resolve(undefined);
  });
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
      };
      this.sending = http.request({ host: HOST, port: PORT, method: "POST", path: this.target, headers, agent: new http.Agent() });
      this.answered = new Promise((resolve, reject) => {
        this.sending.on("response", (answer) => answer.resume().on("end", resolve));
        this.sending.on("error", reject);
      });
    }
    return this.sending;
  }

  _write(piece, encoding, done) {
    this.request.write(piece, done);
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
  const finished = new Promise((resolve, reject) => stream.on("finish", resolve).on("error", reject));
  await handler(event, stream, context);
  if (!stream.writableEnded) stream.end();
  await finished;
}

async function serve(handler, headers, body) {
  requestId = headers["lambda-runtime-aws-request-id"];
  process.env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"] ?? "";
  const target = `${VERSION}/invocation/${requestId}`;
  try {
    let event;
    try {
      event = JSON.parse(body.toString() || "{}");
    } catch (error) {
      throw new Failed("Runtime.UnmarshalError", `Unable to unmarshal input: ${error.message}`);
    }
    if (handler[STREAMS]) {
      await streamed(handler, event, contextOf(headers), `${target}/response`);
      return;
    }
    const result = await called(handler, event, contextOf(headers));
    await ask("POST", `${target}/response`, JSON.stringify(result ?? null), { "Content-Type": "application/json" });
  } catch (error) {
    const shape = told(error);
    console.error("Invoke Error", `\t${JSON.stringify({ ...shape, stack: shape.trace, trace: undefined })}`);
    await ask("POST", `${target}/error`, JSON.stringify(shape), {
      "Content-Type": "application/vnd.aws.lambda.error+json",
      "Lambda-Runtime-Function-Error-Type": shape.errorType,
    });
  }
}

async function fatal(error, kind) {
  const shape = { ...told(error), errorType: kind ?? error.name };
  console.error("Uncaught Exception", `\t${JSON.stringify({ ...shape, stack: shape.trace, trace: undefined })}`);
  const target = requestId ? `${VERSION}/invocation/${requestId}/error` : `${VERSION}/init/error`;
  await ask("POST", target, JSON.stringify(shape), { "Lambda-Runtime-Function-Error-Type": shape.errorType }, new http.Agent());
  process.exit(129);
}

if (page !== undefined) installClock();
installConsole();
process.on("uncaughtException", (error) => fatal(error));
process.on("unhandledRejection", (reason) => {
  const error = new Failed("Runtime.UnhandledPromiseRejection", String(reason), reason?.stack);
  fatal(error, error.name);
});
let handler;
try {
  handler = await loaded(process.env._HANDLER ?? "");
} catch (error) {
  await fatal(error, error.name);
}
for (;;) {
  const { headers, body } = await ask("GET", `${VERSION}/invocation/next`);
  await serve(handler, headers, body);
}
