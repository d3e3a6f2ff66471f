package io.canopy.shop.common.background;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

import com.zaxxer.hikari.HikariDataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A report that reads the journal in parallel, one connection per partition, again and
 * again. It takes the whole connection pool for seconds, and requests queue behind it.
 */
public class NightlyReport extends BackgroundLoop {

	private static final Logger log = LoggerFactory.getLogger(NightlyReport.class);

	private final HikariDataSource dataSource;

	public NightlyReport(HikariDataSource dataSource) {
		super("nightly-report");
		this.dataSource = dataSource;
	}

	@Override
	protected void step() throws InterruptedException {
		long start = System.nanoTime();
		List<Connection> partitions = new ArrayList<>();
		try {
			for (int i = 0; i < this.dataSource.getMaximumPoolSize(); i++) {
				Connection connection = this.dataSource.getConnection();
				partitions.add(connection);
				try (Statement statement = connection.createStatement()) {
					statement.execute("select count(*) from journal");
				}
			}
			// Slightly longer than the pool's connection timeout at worst.
			Thread.sleep(between(1_800, 3_200));
		}
		catch (SQLException ex) {
			log.error("Nightly report stopped after {} partitions", partitions.size(), ex);
		}
		finally {
			partitions.forEach(NightlyReport::giveBack);
		}
		log.warn("Nightly report: {} partitions read in {} ms, expected < 200 ms", partitions.size(),
				Duration.ofNanos(System.nanoTime() - start).toMillis());
		Thread.sleep(between(600, 1_500));
	}

	private static void giveBack(Connection connection) {
		try {
			connection.close();
		}
		catch (SQLException ex) {
			log.error("Connection could not be returned to the pool", ex);
		}
	}

	private static long between(long low, long high) {
		return ThreadLocalRandom.current().nextLong(low, high);
	}

}
