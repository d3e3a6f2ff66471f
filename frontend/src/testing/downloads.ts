/** Stands in for the browser's downloads, which a test's browser has not. */
import { vi } from "vitest";

/** The files the page hands over from now on, newest last. */
export function catchDownloads(): { name: string; blob: Blob }[] {
  const files: { name: string; blob: Blob }[] = [];
  let newest = new Blob();
  vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => {
    newest = blob as Blob;
    return "blob:file";
  });
  vi.spyOn(URL, "revokeObjectURL").mockImplementation(() => undefined);
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    files.push({ name: this.download, blob: newest });
  });
  return files;
}
