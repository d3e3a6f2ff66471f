package io.canopy.shop.common.faults;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;

import com.zaxxer.hikari.HikariDataSource;

import org.springframework.jdbc.UncategorizedSQLException;

/**
 * Renames the journal's table under the running service, as a migration without its new
 * release would: every write fails with the database's own error, reads go on.
 */
class HalfDoneMigration {

	private final HikariDataSource pool;

	HalfDoneMigration(HikariDataSource pool) {
		this.pool = pool;
	}

	void begin() {
		execute("alter table journal rename to journal_v2");
	}

	void revert() {
		execute("alter table journal_v2 rename to journal");
	}

	/** On a connection of its own: the pool may be exhausted by another fault. */
	private void execute(String sql) {
		try (Connection connection = DriverManager.getConnection(this.pool.getJdbcUrl(), this.pool.getUsername(),
				this.pool.getPassword()); Statement statement = connection.createStatement()) {
			statement.execute(sql);
		}
		catch (SQLException ex) {
			throw new UncategorizedSQLException("migrate", sql, ex);
		}
	}

}
