package io.canopy.shop.common.faults;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.scheduling.TaskScheduler;

/** Knows which faults there are and which are active, and ends those whose time is up. */
class FaultBoard implements DisposableBean {

	private final Map<String, Fault> faults = new LinkedHashMap<>();

	private final Map<String, Active> active = new LinkedHashMap<>();

	private final Map<String, ScheduledFuture<?>> timers = new LinkedHashMap<>();

	private final TaskScheduler scheduler;

	FaultBoard(List<Fault> faults, TaskScheduler scheduler) {
		faults.forEach((fault) -> this.faults.put(fault.name(), fault));
		this.scheduler = scheduler;
	}

	synchronized List<String> available() {
		return List.copyOf(this.faults.keySet());
	}

	synchronized List<Active> active() {
		return List.copyOf(this.active.values());
	}

	/**
	 * Starts a fault; for one that is active already only the time is set anew.
	 * @param duration how long it lasts; {@code null} for until stopped
	 */
	synchronized Active start(String name, Duration duration) {
		Fault fault = find(name);
		cancelTimer(name);
		if (!this.active.containsKey(name)) {
			fault.start().run();
		}
		Instant until = (duration != null) ? Instant.now().plus(duration) : null;
		this.active.put(name, new Active(name, until));
		if (until != null) {
			this.timers.put(name, this.scheduler.schedule(() -> stop(name), until));
		}
		return this.active.get(name);
	}

	/** Stops a fault; one that is not active stays so. */
	synchronized void stop(String name) {
		Fault fault = find(name);
		cancelTimer(name);
		if (this.active.containsKey(name)) {
			fault.stop().run();
			this.active.remove(name);
		}
	}

	synchronized void stopAll() {
		active().forEach((fault) -> stop(fault.name()));
	}

	@Override
	public void destroy() {
		stopAll();
	}

	private Fault find(String name) {
		Fault fault = this.faults.get(name);
		if (fault == null) {
			throw new UnknownFaultException(name, available());
		}
		return fault;
	}

	private void cancelTimer(String name) {
		ScheduledFuture<?> timer = this.timers.remove(name);
		if (timer != null) {
			timer.cancel(false);
		}
	}

	/**
	 * A fault that is on.
	 *
	 * @param name its name
	 * @param until when it ends by itself; {@code null} for until stopped
	 */
	record Active(String name, Instant until) {
	}

}
