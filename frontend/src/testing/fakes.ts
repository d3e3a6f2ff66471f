/** Small stand-ins for what a test's browser has not. */

/** An event stream that the test speaks into. `opened` lists all that the page has opened. */
export class FakeEventSource extends EventTarget {
  static opened: FakeEventSource[] = [];
  static get newest(): FakeEventSource {
    const newest = FakeEventSource.opened.at(-1);
    if (!newest) throw new Error("the page has opened no stream");
    return newest;
  }

  readonly url: string;
  closed = false;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;

  constructor(url: string) {
    super();
    this.url = url;
    FakeEventSource.opened.push(this);
  }

  close(): void {
    this.closed = true;
  }

  say(event: string): void {
    if (!this.closed) this.dispatchEvent(new Event(event));
  }
}

/** An IntersectionObserver to which everything is in view. */
export class SeesAll {
  private readonly told: IntersectionObserverCallback;

  constructor(told: IntersectionObserverCallback) {
    this.told = told;
  }

  observe(target: Element): void {
    const entry = { isIntersecting: true, target } as IntersectionObserverEntry;
    this.told([entry], this as unknown as IntersectionObserver);
  }

  disconnect(): void {}
}
