package io.canopy.shop.common.watch;

import java.sql.SQLException;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.context.annotation.Lazy;
import org.springframework.scheduling.annotation.Scheduled;

/** Warns while requests wait for a database connection and none is idle. */
@Lazy(false)
public class PoolWatch {

	private static final Logger log = LoggerFactory.getLogger(PoolWatch.class);

	private final HikariDataSource dataSource;

	PoolWatch(DataSource dataSource) throws SQLException {
		this.dataSource = dataSource.unwrap(HikariDataSource.class);
	}

	@Scheduled(fixedDelayString = "1s")
	void look() {
		HikariPoolMXBean pool = this.dataSource.getHikariPoolMXBean();
		if (pool == null) {
			return; // not opened yet
		}
		int waiting = pool.getThreadsAwaitingConnection();
		if (waiting > 0 && pool.getIdleConnections() == 0) {
			log.warn("Connection pool exhausted (active={}, idle=0, waiting={})", pool.getActiveConnections(), waiting);
		}
	}

}
