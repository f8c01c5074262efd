// One call a line: {"client", "options", "operation", "input"} in; {"output"} or {"error"} out, which says name, message, status,
// what else the model gives it ("more"), and whether the SDK has no such operation ("unknown").
// Bytes travel as {"$bytes": base64}, streams are read (those of events to their end), times are ISO texts. Endpoint, region and keys come from the environment.
const dns = require("node:dns");
const readline = require("node:readline");

// S3 Control puts the account in front of the host. What is below localhost resolves everywhere but in some resolvers.
const lookup = dns.lookup;
dns.lookup = (host, ...more) => lookup(host.endsWith(".localhost") ? "localhost" : host, ...more);

const clients = new Map();
let headers = {};

const noteHeaders = (next) => async (sent) => {
  const received = await next(sent);
  headers = received.response.headers;
  return received;
};

function clientOf(name, options) {
  const key = JSON.stringify([name, options]);
  if (!clients.has(key)) {
    const sdk = require(`@aws-sdk/client-${name}`);
    const made = Object.keys(sdk).find((word) => word.endsWith("Client") && word !== "__Client");
    const client = new sdk[made]({ maxAttempts: 1, ...options });
    client.middlewareStack.add(noteHeaders, { step: "deserialize", priority: "low" });
    clients.set(key, { sdk, client });
  }
  return clients.get(key);
}

function known(module) {
  try {
    return require.resolve(module);
  } catch {
    return null;
  }
}

function unpack(value) {
  if (Array.isArray(value)) return value.map(unpack);
  if (value === null || typeof value !== "object") return value;
  if ("$bytes" in value) return Buffer.from(value.$bytes, "base64");
  if ("$number" in value) return Number(value.$number);
  if ("$time" in value) return new Date(value.$time);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, unpack(member)]));
}

async function pack(value) {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return Promise.all(value.map(pack));
  if (value === null || typeof value !== "object") return value;
  if (typeof value.transformToByteArray === "function") return pack(await value.transformToByteArray());
  if (value[Symbol.asyncIterator]) {
    const events = [];
    for await (const event of value) events.push(await pack(event));
    return events;
  }
  const members = Object.entries(value).filter(([key]) => key !== "$metadata");
  return Object.fromEntries(await Promise.all(members.map(async ([key, member]) => [key, await pack(member)])));
}

async function refusal(error) {
  const { name, message, $metadata, $fault, $response, stack, ...more } = error;
  return { name, message: error.message, status: $metadata?.httpStatusCode ?? null, headers: $response?.headers ?? {},
    more: await pack(more) };
}

async function answer({ client: name, options, operation, input }) {
  const unknown = { error: { name: "TypeError", message: `no ${operation}`, status: null, unknown: true } };
  if (!known(`@aws-sdk/client-${name}`)) return unknown;
  const { sdk, client } = clientOf(name, options || {});
  const Command = sdk[`${operation}Command`];
  if (!Command) return unknown;
  try {
    const output = await client.send(new Command(unpack(input)));
    const ResponseMetadata = { HTTPStatusCode: output.$metadata.httpStatusCode, HTTPHeaders: headers };
    return { output: { ...(await pack(output)), ResponseMetadata } };
  } catch (error) {
    return { error: await refusal(error) };
  }
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
  }
})();
