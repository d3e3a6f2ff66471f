package io.canopy.shop.common.watch;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import javax.management.Notification;
import javax.management.NotificationEmitter;
import javax.management.NotificationListener;
import javax.management.openmbean.CompositeData;

import com.sun.management.GarbageCollectionNotificationInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.context.annotation.Lazy;

/** Warns when a garbage collection leaves the heap nearly full. */
@Lazy(false)
public class HeapWatch implements NotificationListener, DisposableBean {

	private static final Logger log = LoggerFactory.getLogger(HeapWatch.class);

	private static final int LIMIT_PERCENT = 80;

	private static final long PAUSE_NANOS = Duration.ofSeconds(2).toNanos();

	private static final long MIB = 1024 * 1024;

	private final Set<String> heapPools = ManagementFactory.getMemoryPoolMXBeans()
		.stream()
		.filter((pool) -> pool.getType() == MemoryType.HEAP)
		.map(MemoryPoolMXBean::getName)
		.collect(Collectors.toSet());

	private final List<NotificationEmitter> collectors = ManagementFactory
		.getPlatformMXBeans(GarbageCollectorMXBean.class)
		.stream()
		.map(NotificationEmitter.class::cast)
		.toList();

	private long lastWarning = System.nanoTime() - PAUSE_NANOS;

	HeapWatch() {
		this.collectors.forEach((collector) -> collector.addNotificationListener(this, null, null));
	}

	@Override
	public synchronized void handleNotification(Notification notification, Object handback) {
		var collection = GarbageCollectionNotificationInfo.from((CompositeData) notification.getUserData());
		long used = collection.getGcInfo()
			.getMemoryUsageAfterGc()
			.entrySet()
			.stream()
			.filter((pool) -> this.heapPools.contains(pool.getKey()))
			.mapToLong((pool) -> pool.getValue().getUsed())
			.sum();
		long max = Runtime.getRuntime().maxMemory();
		long percent = 100 * used / max;
		if (percent >= LIMIT_PERCENT && System.nanoTime() - this.lastWarning >= PAUSE_NANOS) {
			this.lastWarning = System.nanoTime();
			log.warn("Heap usage after GC {} % ({} of {} MiB): {} ({}) took {} ms", percent, used / MIB, max / MIB,
					collection.getGcName(), collection.getGcCause(), collection.getGcInfo().getDuration());
		}
	}

	@Override
	public void destroy() throws Exception {
		for (NotificationEmitter collector : this.collectors) {
			collector.removeNotificationListener(this);
		}
	}

}
