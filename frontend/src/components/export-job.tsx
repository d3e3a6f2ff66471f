/** A file being fetched: how far it is, the way to stop it, and what is said when it fails. */
import { type ReactNode, useEffect, useRef, useState } from "react";
import { announce } from "@/lib/announce";
import { useKeptFocus } from "@/lib/kept-focus";
import { JobProgress } from "./job-progress";
import { showToast } from "./toast-store";

interface Progress {
  done: number;
  /** 0 while it is not known. */
  total: number;
}

/** Fetches and hands over the file; resolves to what was exported, in words. */
type Work = (signal: AbortSignal, tell: (done: number, total: number) => void) => Promise<string>;

/** `what` begins the sentence that tells of a failure: "The list". Leaving the page stops it. */
export function useExport(what: string) {
  const [progress, setProgress] = useState<Progress | null>(null);
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);

  async function run(work: Work) {
    const control = new AbortController();
    stop.current = control;
    setProgress({ done: 0, total: 0 });
    try {
      announce(`${await work(control.signal, (done, total) => setProgress({ done, total }))} exported`);
    } catch (error) {
      if (!control.signal.aborted) {
        showToast(`${what} was not exported. ${(error as Error).message}`, { tone: "problem" });
      }
    } finally {
      setProgress(null);
    }
  }
  return { progress, run: (work: Work) => void run(work), cancel: () => stop.current?.abort() };
}

interface ExportJobProps {
  job: ReturnType<typeof useExport>;
  /** "1,000 of 9,812 read". */
  words: (progress: Progress) => string;
  /** The button that begins it; its progress stands in its place. */
  children: ReactNode;
}

export function ExportJob({ job, words, children }: ExportJobProps) {
  const box = useRef<HTMLDivElement>(null);
  const kept = useKeptFocus(() => box.current?.querySelector("button")?.focus());
  return (
    <div ref={box} {...kept}>
      {job.progress ? (
        <JobProgress label="Export" text={words(job.progress)} onCancel={job.cancel} {...job.progress} />
      ) : (
        children
      )}
    </div>
  );
}
