package io.canopy.shop.common.background;

import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Matches promotion rules against product texts on a small pool, with a regular
 * expression that backtracks without end on some texts: it keeps every core busy and its
 * queue overflows.
 */
public class PromotionRules extends BackgroundLoop {

	private static final Logger log = LoggerFactory.getLogger(PromotionRules.class);

	// The back reference keeps the JDK from remembering what has failed before.
	private static final Pattern RULE = Pattern.compile("(x+x+)+\\1y");

	// Some milliseconds for one text, so that a stop is prompt.
	private static final String TEXT = "x".repeat(17);

	private static final long REJECTION_LOG_PAUSE_NANOS = Duration.ofSeconds(3).toNanos();

	private final int threads = Runtime.getRuntime().availableProcessors();

	private final AtomicInteger evaluations = new AtomicInteger();

	private ThreadPoolExecutor pool;

	private long lastRejectionLog;

	public PromotionRules() {
		super("promotion-feed");
	}

	@Override
	public synchronized void start() {
		AtomicInteger number = new AtomicInteger();
		this.lastRejectionLog = System.nanoTime() - REJECTION_LOG_PAUSE_NANOS;
		this.pool = new ThreadPoolExecutor(this.threads, this.threads, 0, TimeUnit.SECONDS,
				new ArrayBlockingQueue<>(this.threads), (task) -> {
					Thread thread = new Thread(task, "promotion-rules-" + number.incrementAndGet());
					thread.setDaemon(true);
					return thread;
				});
		super.start();
	}

	@Override
	public synchronized void stop() {
		super.stop();
		this.pool.shutdownNow();
	}

	@Override
	protected void step() throws InterruptedException {
		try {
			for (int i = 0; i < this.threads; i++) {
				this.pool.execute(this::evaluate);
			}
		}
		catch (RejectedExecutionException ex) {
			if (System.nanoTime() - this.lastRejectionLog >= REJECTION_LOG_PAUSE_NANOS) {
				this.lastRejectionLog = System.nanoTime();
				log.error("Promotion rules rejected, thread pool starved: list prices apply", ex);
			}
		}
		Thread.sleep(300);
	}

	private void evaluate() {
		long start = System.nanoTime();
		long budget = Duration.ofMillis(ThreadLocalRandom.current().nextLong(900, 1_800)).toNanos();
		while (!Thread.currentThread().isInterrupted() && System.nanoTime() - start < budget) {
			RULE.matcher(TEXT).matches();
		}
		log.warn("Promotion rule R-{} took {} ms, expected < 50 ms", this.evaluations.incrementAndGet(),
				Duration.ofNanos(System.nanoTime() - start).toMillis());
	}

}
