package io.canopy.shop.common.background;

import java.util.ArrayList;
import java.util.List;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A cache of rendered quotes that loads new ones all the time and never lets one go: the
 * heap fills within about fifteen seconds and stays nearly full, just short of running
 * out.
 */
public class QuoteCache extends BackgroundLoop {

	private static final Logger log = LoggerFactory.getLogger(QuoteCache.class);

	private static final int QUOTE_BYTES = 64 * 1024;

	private static final int LIMIT = 64;

	private static final int FULL_PERCENT = 92;

	private static final int ROUNDS_PER_LOG_LINE = 20;

	private final List<byte[]> quotes = new ArrayList<>();

	private int rounds;

	public QuoteCache() {
		super("quote-loader");
	}

	@Override
	protected void step() throws InterruptedException {
		load();
		if (this.rounds++ % ROUNDS_PER_LOG_LINE == ROUNDS_PER_LOG_LINE / 2) {
			log.warn("Cache eviction cannot keep up: {} quotes ({} MiB) held, limit {}, 0 evicted", this.quotes.size(),
					(long) this.quotes.size() * QUOTE_BYTES >> 20, LIMIT);
		}
		Thread.sleep(100);
	}

	@Override
	public synchronized void stop() {
		super.stop();
		this.quotes.clear();
		// Without this the memory metric would stay high until the next collection.
		System.gc();
	}

	private void load() {
		Runtime runtime = Runtime.getRuntime();
		long max = runtime.maxMemory();
		long perRound = max / 220;
		synchronized (this.quotes) {
			for (long loaded = 0; loaded < perRound
					&& usedPercent(runtime, max) < FULL_PERCENT; loaded += QUOTE_BYTES) {
				this.quotes.add(new byte[QUOTE_BYTES]);
			}
		}
	}

	private static long usedPercent(Runtime runtime, long max) {
		return 100 * (runtime.totalMemory() - runtime.freeMemory()) / max;
	}

}
