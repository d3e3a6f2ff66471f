package io.canopy.shop.common.http;

import io.canopy.shop.common.ShopProperties;

import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.core.env.Environment;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.web.client.RestClient;

/**
 * Sends the service its first requests before it reports ready: an order that is not
 * valid, and a look-up of nothing. They leave no trace, and no customer waits for classes
 * to load.
 */
public class WarmUp implements ApplicationRunner {

	private static final int ROUNDS = 5;

	private final RestClient.Builder builder;

	private final ShopProperties properties;

	private final Environment environment;

	WarmUp(RestClient.Builder builder, ShopProperties properties, Environment environment) {
		this.builder = builder;
		this.properties = properties;
		this.environment = environment;
	}

	@Override
	public void run(ApplicationArguments arguments) {
		RestClient self = this.builder
			.baseUrl("http://" + this.environment.getRequiredProperty("server.address") + ":"
					+ this.environment.getRequiredProperty("local.server.port") + this.properties.warmUpPath())
			.build();
		for (int i = 0; i < ROUNDS; i++) {
			send(self.method(HttpMethod.POST).contentType(MediaType.APPLICATION_JSON).body("{}"));
			send(self.method(HttpMethod.GET).uri("/nothing"));
		}
	}

	/** Any answer will do. */
	private static void send(RestClient.RequestHeadersSpec<?> request) {
		request.exchange((sent, answer) -> answer.getBody().readAllBytes());
	}

}
