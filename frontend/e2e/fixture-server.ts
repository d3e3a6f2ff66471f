/** The API's shapes from memory, for work on the looks and for the axe tests: a fake with the real protocol. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { at } from "../src/testing/factories.ts";
import { READS } from "./fixture-data.ts";
import { sendBuilt, sendKeptJson } from "./kept-answers.ts";
import { act, actOnMany, impossibleId, incident } from "./shop/incidents.ts";
import { context } from "./shop/log-lines.ts";
import { cancelRetrain, retrain } from "./shop/models.ts";
import { pollMs } from "./shop/services.ts";
import { tuning } from "./shop/tuning.ts";

const API = "/api/v1";
const PING_MS = 2_000;

function send(response: ServerResponse, status: number, body: unknown): void {
  const type = status < 400 ? "application/json" : "application/problem+json";
  response.writeHead(status, { "content-type": type }).end(JSON.stringify(body));
}

function problem(response: ServerResponse, status: number, detail: string): void {
  send(response, status, { type: "about:blank", title: "Problem", status, detail });
}

function stream(request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  const tell = (event: string, data: unknown) =>
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  tell("ping", {});
  const timers = [
    setInterval(() => tell("ping", {}), PING_MS),
    setInterval(() => tell("readings", { timestamp: at(0, Date.now()), pairs: 4 }), pollMs()),
  ];
  request.on("close", () => timers.forEach(clearInterval));
}

async function readBody(request: IncomingMessage): Promise<Record<string, string>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length
    ? (JSON.parse(Buffer.concat(chunks).toString() || "{}") as Record<string, string>)
    : {};
}

async function answer(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  const now = Date.now();
  const path = url.pathname.slice(API.length);
  const [, id, action] = /^\/incidents\/(\d+)(?:\/(\w+))?$/.exec(path) ?? [];
  if (path === "/stream") return stream(request, response);
  const impossible = id && impossibleId(id);
  if (impossible) return problem(response, 422, impossible);
  if (path === "/overview") {
    const poll = `poll ${Math.floor(now / pollMs())} of ${process.env.FIXTURE_SERVICES}`;
    return sendKeptJson(request, response, path, poll, () => READS[path]?.(url.searchParams, now));
  }
  if (request.method === "POST" && path === "/retrain") {
    const started = retrain(now);
    return started ? send(response, 202, started) : problem(response, 409, "Retrain r1 is running.");
  }
  const [, cancelled] = /^\/retrain\/(\w+)\/cancel$/.exec(path) ?? [];
  if (cancelled) {
    const job = cancelRetrain(cancelled, now);
    return job ? send(response, 202, job) : problem(response, 404, `There is no training run ${cancelled}.`);
  }
  if (request.method === "POST" && path === "/incidents/bulk") {
    return send(response, 200, actOnMany(await readBody(request), now));
  }
  if (id && action && request.method === "POST") {
    const after = act(Number(id), action, await readBody(request), now);
    if (typeof after === "string") return problem(response, 409, after);
    return after ? send(response, 200, after) : problem(response, 404, `There is no incident #${id}.`);
  }
  if (/^\/(backtests|sensitivity)/.test(path)) {
    const tuned = tuning(request.method ?? "GET", url, path, await readBody(request), now);
    return tuned ? send(response, tuned.status, tuned.body) : problem(response, 404, "There is none such.");
  }
  const [, line] = /^\/logs\/lines\/(\d+)$/.exec(path) ?? [];
  if (line) return send(response, 200, context(Number(line)));
  const found = id ? incident(Number(id)) : READS[path]?.(url.searchParams, now);
  const missing = found === undefined || (id && found === null);
  return missing ? problem(response, 404, `Nothing is known of ${path}.`) : send(response, 200, found);
}

/** For Vite's dev and preview servers: answers what is under /api/v1, and the built files where `dist` holds them. */
export function fixtureMiddleware(dist?: string) {
  return (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void => {
    const url = new URL(request.url ?? "/", "http://fixture");
    if (url.pathname.startsWith(`${API}/`)) answer(request, response, url).catch(next);
    else if (!dist || !sendBuilt(request, response, dist, url.pathname.replace(/^\/ui\//, ""))) next();
  };
}
