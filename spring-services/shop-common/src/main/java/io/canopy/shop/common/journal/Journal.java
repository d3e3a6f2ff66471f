package io.canopy.shop.common.journal;

import java.time.OffsetDateTime;

import io.canopy.shop.common.ShopProperties;

import org.springframework.context.annotation.Lazy;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;

/** Records each business event beside the row it belongs to, and removes what is old. */
@Lazy(false)
public class Journal {

	private final JdbcClient jdbc;

	private final ShopProperties.Retention retention;

	Journal(JdbcClient jdbc, ShopProperties properties) {
		this.jdbc = jdbc;
		this.retention = properties.retention();
	}

	/**
	 * Adds an entry in the caller's transaction, so that neither is ever without the
	 * other.
	 */
	public void append(String event, String reference) {
		this.jdbc.sql("insert into journal (event, reference) values (?, ?)").param(event).param(reference).update();
	}

	@Scheduled(fixedDelayString = "2s")
	void prune() {
		OffsetDateTime limit = OffsetDateTime.now().minus(this.retention.age());
		for (String table : this.retention.tables()) {
			this.jdbc.sql("delete from " + table + " where created_at < ?").param(limit).update();
		}
	}

}
