package io.canopy.shop.common;

import io.canopy.shop.common.faults.FaultsConfiguration;
import io.canopy.shop.common.http.HttpClients;
import io.canopy.shop.common.http.ProblemAdvice;
import io.canopy.shop.common.http.SlowRequestLog;
import io.canopy.shop.common.http.WarmUp;
import io.canopy.shop.common.journal.Journal;
import io.canopy.shop.common.partner.Partner;
import io.canopy.shop.common.watch.CpuWatch;
import io.canopy.shop.common.watch.HeapWatch;
import io.canopy.shop.common.watch.PoolWatch;
import io.micrometer.observation.ObservationPredicate;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.http.server.observation.ServerRequestObservationContext;
import org.springframework.scheduling.annotation.EnableScheduling;

/** Gives each service of the shop the parts that all of them share. */
@AutoConfiguration
@EnableScheduling
@EnableConfigurationProperties(ShopProperties.class)
@Import({ HttpClients.class, ProblemAdvice.class, SlowRequestLog.class, Journal.class, Partner.class, PoolWatch.class,
		HeapWatch.class, CpuWatch.class, WarmUp.class, FaultsConfiguration.class })
public class ShopAutoConfiguration {

	/**
	 * Keeps the shop's own housekeeping out of {@code http_server_requests}: a scrape
	 * every few seconds would otherwise dilute latency and error share, and the requests
	 * of the warm-up are no customer's.
	 */
	@Bean
	ObservationPredicate onlyCustomerRequests(ApplicationAvailability availability) {
		return (name, context) -> {
			if (availability.getReadinessState() != ReadinessState.ACCEPTING_TRAFFIC) {
				return false;
			}
			if (context instanceof ServerRequestObservationContext request && request.getCarrier() != null) {
				String path = request.getCarrier().getRequestURI();
				return !path.startsWith("/actuator") && !path.startsWith("/faults");
			}
			return true;
		};
	}

}
