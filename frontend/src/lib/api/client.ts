/** The one way to the backend: typed calls whose failures are `ApiError`s with a cause a person can read. */
import createClient, { type Middleware } from "openapi-fetch";
import { noteServerDate } from "@/lib/clock";
import type { paths } from "./schema.gen";
import type { Problem } from "./types";

export const API_BASE = "/api/v1";

/** What went wrong with a call. `status` is 0 when no answer came at all. */
export class ApiError extends Error {
  readonly status: number;

  constructor(message: string, status: number, options?: ErrorOptions) {
    super(message, options);
    this.name = "ApiError";
    this.status = status;
  }
}

/** What was asked for is not there, or no longer. */
export const isGone = (error: Error | null) => error instanceof ApiError && error.status === 404;

/** Asked again it would have the page wait as long once more. */
export const isTimeout = (error: unknown): boolean =>
  error instanceof ApiError
    ? isTimeout(error.cause)
    : error instanceof DOMException && error.name === "TimeoutError";

const serverClock: Middleware = {
  onResponse({ response }) {
    noteServerDate(response.headers.get("date"));
  },
};

/** A server that takes longer has lost the question; the page says so and asks again. */
const PATIENCE_MS = 30_000;

// `fetch` is looked up at each call, so that a test's server can stand in for the network.
export const api = createClient<paths>({
  baseUrl: `${globalThis.location.origin}${API_BASE}`,
  fetch: (request) =>
    globalThis.fetch(request, {
      signal: AbortSignal.any([request.signal, AbortSignal.timeout(PATIENCE_MS)]),
    }),
});
api.use(serverClock);

function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "detail" in body && typeof body.detail === "string";
}

function toApiError(body: unknown, response: Response): ApiError {
  if (isProblem(body)) return new ApiError(body.detail || body.title, response.status);
  return new ApiError(
    `${`The server answered ${response.status} ${response.statusText}`.trim()} and gave no reason.`,
    response.status,
  );
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The call's data; throws `ApiError` for a problem answer and for no answer. */
export async function unwrap<T>(call: Promise<Answer<T>>): Promise<T> {
  const answer = await settle(call);
  if (!answer.response.ok) throw toApiError(answer.error, answer.response);
  return answer.data as T;
}

/** As `unwrap`, for calls whose error body under `status` is an answer too (GET /ready says 503 and why). */
export async function unwrapWith<T>(call: Promise<Answer<T>>, status: number): Promise<T> {
  const answer = await settle(call);
  if (answer.response.status === status && !isProblem(answer.error)) return answer.error as T;
  if (!answer.response.ok) throw toApiError(answer.error, answer.response);
  return answer.data as T;
}

async function settle<T>(call: Promise<Answer<T>>): Promise<Answer<T>> {
  try {
    return await call;
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiError(causeInWords(cause), 0, { cause });
  }
}

function causeInWords(cause: unknown): string {
  const { host } = globalThis.location;
  if (cause instanceof SyntaxError) {
    return "The server's answer is not JSON: is something else listening at this address?";
  }
  if (isTimeout(cause)) {
    return `Canopy's server at ${host} did not answer within ${PATIENCE_MS / 1_000} s.`;
  }
  return `Canopy's server at ${host} cannot be reached.`;
}

/**
 * A file of the backend, however long it takes: `signal` gives it up. Tells how many bytes have come.
 * Throws `ApiError`, or the signal's reason.
 */
export async function fetchFile(
  path: string,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<Blob> {
  try {
    const response = await globalThis.fetch(API_BASE + path, { signal });
    if (!response.ok) throw toApiError(await response.json().catch(() => null), response);
    let bytes = 0;
    const counted = new TransformStream<Uint8Array, Uint8Array>({
      transform(part, out) {
        bytes += part.byteLength;
        onBytes(bytes);
        out.enqueue(part);
      },
    });
    const { headers } = response;
    return await new Response(response.body?.pipeThrough(counted, { signal }), { headers }).blob();
  } catch (cause) {
    if (cause instanceof ApiError || signal.aborted) throw cause;
    throw new ApiError(causeInWords(cause), 0);
  }
}
