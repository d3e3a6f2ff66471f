package io.canopy.shop.common;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The settings under {@code shop.*} in each service's {@code application.yaml}.
 *
 * @param clients the HTTP clients by name: whom this service calls, and how patiently
 * @param retention how long rows are kept
 * @param warmUpPath where the service sends itself requests before it is ready
 */
@ConfigurationProperties("shop")
public record ShopProperties(@DefaultValue Map<String, Client> clients, Retention retention, String warmUpPath) {

	/**
	 * One downstream system.
	 *
	 * @param baseUrl its address; absent for the partner that runs inside the service
	 * @param connectTimeout how long to wait for a connection to open
	 * @param readTimeout how long to wait for an answer
	 * @param maxConnections the size of the connection pool
	 */
	public record Client(String baseUrl, @DefaultValue("1s") Duration connectTimeout,
			@DefaultValue("2s") Duration readTimeout, @DefaultValue("8") int maxConnections) {
	}

	/**
	 * What is deleted, and when.
	 *
	 * @param age rows older than this go
	 * @param tables the tables with a {@code created_at} column to look after
	 */
	public record Retention(@DefaultValue("15m") Duration age, @DefaultValue("journal") List<String> tables) {
	}

}
