package io.canopy.shop.common.background;

/** Repeats one step of work on a daemon thread of its own from start to stop. */
abstract class BackgroundLoop {

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

	public synchronized void stop() {
		this.thread.interrupt();
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
