package io.canopy.shop.common.background;

/** Repeats one step of work on a daemon thread of its own from start to stop. */
abstract class BackgroundLoop {

	private static final long STOP_MILLIS = 5_000;

	private final String name;

	private Thread thread;

	protected BackgroundLoop(String name) {
		this.name = name;
	}

	/** One round; an interrupt ends it, and the loop with it. */
	protected abstract void step() throws InterruptedException;

	public synchronized void start() {
		this.thread = new Thread(this::run, this.name);
		this.thread.setDaemon(true);
		this.thread.start();
	}

	/** Returns once the step under way has ended, which an interrupt makes it do soon. */
	public synchronized void stop() {
		this.thread.interrupt();
		try {
			this.thread.join(STOP_MILLIS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private void run() {
		try {
			while (!Thread.interrupted()) {
				step();
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
