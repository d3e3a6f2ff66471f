package io.canopy.shop.common.http;

import java.io.IOException;
import java.time.Duration;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.web.filter.OncePerRequestFilter;

/** Writes a warning for each customer's request that took longer than they would wait. */
public class SlowRequestLog extends OncePerRequestFilter {

	private static final Logger log = LoggerFactory.getLogger(SlowRequestLog.class);

	private static final Duration LIMIT = Duration.ofSeconds(1);

	private final ApplicationAvailability availability;

	SlowRequestLog(ApplicationAvailability availability) {
		this.availability = availability;
	}

	/** Neither scrapes nor the warm-up are customers. */
	@Override
	protected boolean shouldNotFilter(HttpServletRequest request) {
		return request.getRequestURI().startsWith("/actuator")
				|| this.availability.getReadinessState() != ReadinessState.ACCEPTING_TRAFFIC;
	}

	@Override
	protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		long start = System.nanoTime();
		try {
			chain.doFilter(request, response);
		}
		finally {
			Duration took = Duration.ofNanos(System.nanoTime() - start);
			if (took.compareTo(LIMIT) > 0) {
				log.warn("Slow request: {} {} answered {} after {} ms (limit {} ms)", request.getMethod(),
						request.getRequestURI(), response.getStatus(), took.toMillis(), LIMIT.toMillis());
			}
		}
	}

}
