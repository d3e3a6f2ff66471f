package io.canopy.shop.common.http;

import io.canopy.shop.common.ShopProperties;
import io.canopy.shop.common.ShopProperties.Client;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.core5.util.Timeout;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.http.client.ClientHttpRequestFactoryBuilder;
import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.http.client.ClientHttpRequestFactory;
import org.springframework.web.client.RestClient;

/**
 * Builds the clients for other systems: measured, pooled, bounded and with timeouts, so
 * that one slow neighbour cannot take every thread.
 */
public class HttpClients {

	private final ObjectProvider<RestClient.Builder> builders;

	private final ShopProperties properties;

	HttpClients(ObjectProvider<RestClient.Builder> builders, ShopProperties properties) {
		this.builders = builders;
		this.properties = properties;
	}

	/** The client {@code shop.clients.<name>} with the address given there. */
	public RestClient create(String name) {
		return create(name, settings(name).baseUrl());
	}

	/** The client {@code shop.clients.<name>} for an address known only at run time. */
	public RestClient create(String name, String baseUrl) {
		return this.builders.getObject().baseUrl(baseUrl).requestFactory(requestFactory(settings(name))).build();
	}

	private Client settings(String name) {
		Client settings = this.properties.clients().get(name);
		if (settings == null) {
			throw new IllegalStateException("shop.clients." + name + " is not configured");
		}
		return settings;
	}

	private static ClientHttpRequestFactory requestFactory(Client client) {
		// Retries are off: repeating a payment is a decision for the caller.
		return ClientHttpRequestFactoryBuilder.httpComponents()
			.withHttpClientCustomizer(HttpClientBuilder::disableAutomaticRetries)
			.withConnectionManagerCustomizer(
					(pool) -> pool.setMaxConnTotal(client.maxConnections()).setMaxConnPerRoute(client.maxConnections()))
			.withDefaultRequestConfigCustomizer(
					(request) -> request.setConnectionRequestTimeout(Timeout.of(client.readTimeout())))
			.build(HttpClientSettings.defaults().withTimeouts(client.connectTimeout(), client.readTimeout()));
	}

}
