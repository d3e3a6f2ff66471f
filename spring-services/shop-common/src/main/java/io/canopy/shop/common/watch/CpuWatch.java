package io.canopy.shop.common.watch;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.util.Arrays;

import com.sun.management.OperatingSystemMXBean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.context.annotation.Lazy;
import org.springframework.scheduling.annotation.Scheduled;

/**
 * Warns while this process uses nearly all of the machine's cores, and names the threads
 * that are running. It counts CPU time itself: asking the JVM for its CPU load would
 * shorten the window of the {@code process_cpu_usage} metric, which is "since last
 * asked".
 */
@Lazy(false)
public class CpuWatch {

	private static final Logger log = LoggerFactory.getLogger(CpuWatch.class);

	private static final int LIMIT_PERCENT = 75;

	private final OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

	private long lastCpu = this.system.getProcessCpuTime();

	private long lastWall = System.nanoTime();

	// Class loading and compilation keep every core busy right after the start.
	@Scheduled(initialDelayString = "30s", fixedDelayString = "2s")
	void look() {
		long cpu = this.system.getProcessCpuTime();
		long wall = System.nanoTime();
		int cores = this.system.getAvailableProcessors();
		long percent = 100 * (cpu - this.lastCpu) / ((wall - this.lastWall) * cores);
		this.lastCpu = cpu;
		this.lastWall = wall;
		if (percent >= LIMIT_PERCENT) {
			log.warn("CPU saturated: {} % of {} cores in use by this process, running threads {}", percent, cores,
					runningThreads());
		}
	}

	private static Iterable<String> runningThreads() {
		return Arrays.stream(ManagementFactory.getThreadMXBean().dumpAllThreads(false, false, 0))
			.filter((thread) -> thread.getThreadState() == Thread.State.RUNNABLE && !thread.isInNative())
			.map(ThreadInfo::getThreadName)
			.filter((name) -> !name.equals(Thread.currentThread().getName()))
			.sorted()
			.toList();
	}

}
