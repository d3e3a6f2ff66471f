package io.canopy.shop.inventory;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.http.MediaType;
import org.springframework.test.web.servlet.client.RestTestClient;

import static org.assertj.core.api.Assertions.assertThat;

/** The faults that reach into this service's own writes and downstream calls. */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = { "shop.faults.enabled=true", "shop.clients.warehouse.read-timeout=300ms" })
@ExtendWith(OutputCaptureExtension.class)
class InventoryFaultsTests {

	@LocalServerPort
	private int port;

	private RestTestClient http;

	@BeforeEach
	void connect() {
		this.http = RestTestClient.bindToServer().baseUrl("http://127.0.0.1:" + this.port).build();
	}

	@AfterEach
	void stop() {
		this.http.delete().uri("/faults").exchange().expectStatus().isNoContent();
	}

	@Test
	void errorsFailWritesUntilStopped(CapturedOutput output) {
		this.http.post().uri("/faults/errors").exchange().expectStatus().isOk();
		assertThat(send()).isEqualTo(500);
		assertThat(output).contains("BadSqlGrammarException");

		this.http.delete().uri("/faults/errors").exchange().expectStatus().isNoContent();
		assertThat(send()).isNotEqualTo(500);
	}

	@Test
	void dependencyTimesOutAtTheWarehouse(CapturedOutput output) {
		this.http.post().uri("/faults/dependency").exchange().expectStatus().isOk();

		assertThat(send()).isEqualTo(504);
		assertThat(output).contains("/picks\": Read timed out");
	}

	private int send() {
		return this.http.post()
			.uri("/reservations")
			.contentType(MediaType.APPLICATION_JSON)
			.body("{\"sku\": \"LAMP\", \"quantity\": 1}")
			.exchange()
			.expectBody()
			.returnResult()
			.getStatus()
			.value();
	}

}
