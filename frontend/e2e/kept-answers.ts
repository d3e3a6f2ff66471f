/** Answers made once and kept as ready bytes, packed for who can unpack them: as the real server does. */
import { readFileSync, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, normalize, sep } from "node:path";
import { constants, gzipSync } from "node:zlib";

interface Kept {
  /** What it was made of: another makes it anew. */
  of: string;
  body: Buffer;
  packed: Buffer;
}

const answers = new Map<string, Kept>();

interface Making {
  name: string;
  of: string;
  type: string;
  cacheControl: string;
  level: number;
  make: () => string | Buffer;
}

function send(request: IncomingMessage, response: ServerResponse, making: Making): void {
  let kept = answers.get(making.name);
  if (kept?.of !== making.of) {
    const body = Buffer.from(making.make());
    kept = { of: making.of, body, packed: gzipSync(body, { level: making.level }) };
    answers.set(making.name, kept);
  }
  const packs = String(request.headers["accept-encoding"] ?? "").includes("gzip");
  const bytes = packs ? kept.packed : kept.body;
  response.writeHead(200, {
    "content-type": making.type,
    "content-length": bytes.length,
    "cache-control": making.cacheControl,
    vary: "accept-encoding",
    ...(packs && { "content-encoding": "gzip" }),
  });
  response.end(bytes);
}

/** `of` names what the answer is made of, the newest poll say; `make` is asked when that has changed. */
export function sendKeptJson(
  request: IncomingMessage,
  response: ServerResponse,
  name: string,
  of: string,
  make: () => unknown,
): void {
  send(request, response, {
    name,
    of,
    type: "application/json",
    cacheControl: "no-cache",
    level: constants.Z_BEST_SPEED,
    make: () => JSON.stringify(make()),
  });
}

const TYPES: Record<string, string> = { ".js": "text/javascript", ".css": "text/css" };

/** Sends a built script or style sheet below `folder`; false where `path` names none. */
export function sendBuilt(
  request: IncomingMessage,
  response: ServerResponse,
  folder: string,
  path: string,
): boolean {
  const file = normalize(join(folder, path));
  const type = TYPES[extname(file)];
  const found = type && file.startsWith(folder + sep) && statSync(file, { throwIfNoEntry: false });
  if (!found) return false;
  send(request, response, {
    name: file,
    of: String(found.mtimeMs),
    type,
    cacheControl: "public, max-age=31536000, immutable",
    level: constants.Z_BEST_COMPRESSION,
    make: () => readFileSync(file),
  });
  return true;
}
