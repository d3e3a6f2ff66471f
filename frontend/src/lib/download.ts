/** Files made in the page and handed to the browser to keep: text, CSV, JSON, PNG. */

export type Cell = string | number | null | undefined;

/** A spreadsheet takes a cell that starts so for a formula, and runs it. */
const EXECUTABLE = /^[=+\-@\t\r]/;
const NEEDS_QUOTES = /[",\r\n]/;

/** One cell of a CSV; text that a spreadsheet would execute is shown to it as text. Numbers stay numbers. */
export function csvCell(value: Cell): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
  const safe = EXECUTABLE.test(value) ? `'${value}` : value;
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** RFC 4180: a head, then a line a row, each ended by CR LF. */
export function toCsv(head: readonly string[], rows: Iterable<readonly Cell[]>): string {
  const lines = [head, ...rows].map((row) => row.map(csvCell).join(","));
  return `${lines.join("\r\n")}\r\n`;
}

/** A name any file system takes, of what a service may be called. */
export function fileName(parts: readonly string[], extension: string): string {
  const safe = parts
    .map((part) => part.replace(/[^\p{L}\p{N}._-]+/gu, "-").replace(/^[.-]+|[.-]+$/g, ""))
    .filter(Boolean)
    .join("_")
    .slice(0, 120);
  return `${safe || "canopy"}.${extension}`;
}

export function downloadBlob(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser takes the address up later than the click.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export function downloadText(name: string, text: string, type = "text/plain"): void {
  downloadBlob(name, new Blob([text], { type: `${type};charset=utf-8` }));
}

export function downloadJson(name: string, value: unknown): void {
  downloadText(name, `${JSON.stringify(value, null, 2)}\n`, "application/json");
}

/** With a byte order mark: without it a spreadsheet guesses at the letters. */
export function downloadCsv(name: string, head: readonly string[], rows: Iterable<readonly Cell[]>): void {
  downloadText(name, `\ufeff${toCsv(head, rows)}`, "text/csv");
}

/** What a canvas shows, on the page's own ground, with `title` above it. */
export function downloadPng(name: string, canvas: HTMLCanvasElement, title: string): void {
  const ratio = globalThis.devicePixelRatio || 1;
  const head = Math.round(36 * ratio);
  const picture = document.createElement("canvas");
  picture.width = canvas.width;
  picture.height = canvas.height + head;
  const context = picture.getContext("2d");
  if (!context) return;
  const page = getComputedStyle(document.documentElement);
  context.fillStyle = page.backgroundColor;
  context.fillRect(0, 0, picture.width, picture.height);
  context.fillStyle = page.color;
  context.font = `600 ${Math.round(14 * ratio)}px ${page.fontFamily}`;
  context.fillText(title, Math.round(12 * ratio), Math.round(23 * ratio));
  context.drawImage(canvas, 0, head);
  picture.toBlob((blob) => blob && downloadBlob(name, blob), "image/png");
}
