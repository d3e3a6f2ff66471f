package io.canopy.shop.common.faults;

import java.sql.SQLException;
import java.util.List;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import io.canopy.shop.common.background.NightlyReport;
import io.canopy.shop.common.background.PromotionRules;
import io.canopy.shop.common.background.QuoteCache;
import io.canopy.shop.common.partner.Partner;

import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.scheduling.TaskScheduler;

/**
 * Names the faults and what is behind each; absent unless {@code shop.faults.enabled}.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty("shop.faults.enabled")
@Import(FaultController.class)
public class FaultsConfiguration {

	@Bean
	FaultBoard faultBoard(DataSource dataSource, Partner partner, TaskScheduler scheduler) throws SQLException {
		HikariDataSource pool = dataSource.unwrap(HikariDataSource.class);
		NightlyReport report = new NightlyReport(pool);
		PromotionRules rules = new PromotionRules();
		QuoteCache cache = new QuoteCache();
		HalfDoneMigration migration = new HalfDoneMigration(pool);
		return new FaultBoard(List.of(new Fault("latency", report::start, report::stop),
				new Fault("cpu", rules::start, rules::stop), new Fault("heap", cache::start, cache::stop),
				new Fault("errors", migration::begin, migration::revert),
				new Fault("dependency", partner::hang, partner::recover)), scheduler);
	}

}
